using Ism.Corpus.Publishing;
using Ism.Corpus.Tests.Downloads;
using Ism.Structures;

namespace Ism.Corpus.Tests.Storage;

/// <summary>Files and folders of a workspace on storage: whole or not there, and fetched as they were sent.</summary>
[Collection("S3")]
public sealed class S3FolderTests(S3Fixture storage) : IClassFixture<S3Fixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _prefix = Guid.NewGuid().ToString("N")[..8];

    private string Key => $"{storage.Bucket}/{_prefix}";

    private string Temporary => _folder.File("fetching");

    private S3Folder Folder => new(storage.Client, new S3Address(storage.Bucket, _prefix), Temporary, 5 << 20);

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Should_send_a_file_once_and_fetch_it_as_it_was()
    {
        var sent = Write("a/tokens.arrow", 3000, 1);
        Assert.True(await Folder.PutAsync("tokens/x", _folder.File("a/tokens.arrow"), default));
        Assert.False(await Folder.PutAsync("tokens/x", _folder.File("a/tokens.arrow"), default));
        Assert.True(await Folder.GetAsync("tokens/x", _folder.File("b/c/tokens.arrow"), default));
        Assert.Equal(sent, File.ReadAllBytes(_folder.File("b/c/tokens.arrow")));
        Assert.Equal(3000, await Folder.LengthAsync("tokens/x", default));

        Assert.False(await Folder.GetAsync("tokens/y", _folder.File("b/y"), default));
        Assert.False(File.Exists(_folder.File("b/y")));
        Assert.Null(await Folder.LengthAsync("tokens/y", default));
        Assert.Null(await Folder.GetTextAsync("tokens/y", default));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Temporary));
    }

    [SkippableFact]
    public async Task Should_refuse_what_is_damaged_there_and_what_breaks_off_on_the_way()
    {
        Write("a", 200_000, 2);
        await Folder.PutAsync("a", _folder.File("a"), default);
        storage.StandIn.Fault = async http =>
        {
            if (http.Request.Method != "GET")
            {
                return false;
            }

            http.Response.ContentLength = 200_000;
            await http.Response.Body.WriteAsync(File.ReadAllBytes(_folder.File("a")).AsMemory(0, 70_000));
            await http.Response.Body.FlushAsync();
            http.Abort();
            return true;
        };
        try
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => Folder.GetAsync("a", _folder.File("b"), default));
        }
        finally
        {
            storage.StandIn.Fault = _ => Task.FromResult(false);
        }

        storage.StandIn.Store($"{Key}/a", FaultyServer.Noise(200_000, 3), new string('0', 64));
        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => Folder.GetAsync("a", _folder.File("b"), default));
        Assert.Contains($"s3://{Key}/a", thrown.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("b")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Temporary));
    }

    [SkippableFact]
    public async Task Should_not_have_a_folder_before_its_last_file_is_there_nor_after_its_first_is_gone()
    {
        var (weights, state) = (Write("c/weights", 6 << 20, 4), Write("c/deep/state", 10, 5));
        var left = 5;
        storage.StandIn.Fault = async http =>
        {
            var refused = http.Request.Method is "PUT" or "POST" && left-- <= 0;
            if (refused)
            {
                await S3StandIn.Error(http, 403, "AccessDenied");
            }

            return refused;
        };
        try
        {
            await Assert.ThrowsAsync<IOException>(() => Folder.PutFolderAsync("steps/5", _folder.File("c"), default));
        }
        finally
        {
            storage.StandIn.Fault = _ => Task.FromResult(false);
        }

        Assert.Contains(storage.StandIn.Keys, k => k.StartsWith(Key, StringComparison.Ordinal));
        Assert.Empty(await Folder.FoldersAsync("steps", default));
        Assert.False(await Folder.GetFolderAsync("steps/5", _folder.File("d"), default));

        await Folder.PutFolderAsync("steps/5", _folder.File("c"), default);
        await Folder.PutFolderAsync("steps/50", _folder.File("c"), default);
        Assert.Equal(["5", "50"], await Folder.FoldersAsync("steps", default));
        Assert.True(await Folder.GetFolderAsync("steps/5", _folder.File("d"), default));
        Assert.True(weights.AsSpan().SequenceEqual(File.ReadAllBytes(_folder.File("d/weights"))));
        Assert.Equal(state, File.ReadAllBytes(_folder.File("d/deep/state")));
        Assert.Equal(2, Directory.GetFiles(_folder.File("d"), "*", SearchOption.AllDirectories).Length);

        await Folder.DeleteFolderAsync("steps/5", default);
        Assert.Equal(["50"], await Folder.FoldersAsync("steps", default));
        Assert.DoesNotContain(storage.StandIn.Keys, k => k.StartsWith($"{Key}/steps/5/", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Should_fetch_only_what_is_missing_or_differs_and_send_nothing_that_is_there()
    {
        Write("c/a", 1000, 6);
        Write("c/b", 1000, 7);
        await Folder.PutFolderAsync("model", _folder.File("c"), default);
        await Folder.GetFolderAsync("model", _folder.File("d"), default);
        File.WriteAllBytes(_folder.File("d/a"), new byte[1000]);
        var before = storage.StandIn.Requests.Count;
        Assert.True(await Folder.GetFolderAsync("model", _folder.File("d"), default));
        await Folder.PutFolderAsync("model", _folder.File("c"), default);
        Assert.Equal(
            ["GET manifest.sha256", "GET a", "GET manifest.sha256"],
            storage.StandIn.Requests.Skip(before).Select(r => $"{r.Split(' ')[0]} {r.Split('?')[0].Split('/')[^1]}"));
        Assert.Equal(File.ReadAllBytes(_folder.File("c/a")), File.ReadAllBytes(_folder.File("d/a")));
    }

    [SkippableTheory]
    [InlineData("../outside")]
    [InlineData("/outside")]
    [InlineData("a/../../outside")]
    public async Task Should_refuse_a_list_that_leads_out_of_the_folder(string name)
    {
        storage.StandIn.Store($"{Key}/model/{S3Publisher.ManifestName}", System.Text.Encoding.UTF8.GetBytes($"{new string('0', 64)}  {name}\n"));
        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => Folder.GetFolderAsync("model", _folder.File("d"), default));
        Assert.Contains(name, thrown.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("d")));
    }

    [SkippableFact]
    public async Task Should_tell_which_files_there_are_and_when_they_were_sent()
    {
        var before = DateTime.UtcNow.AddSeconds(-2);
        await Folder.PutTextAsync("cluster/members/a", "x", default);
        await Folder.PutTextAsync("cluster/members/b", "y", default);
        await Folder.PutTextAsync("cluster/ended.json", "{}", default);
        await Folder.PutTextAsync("clusters", "", default);
        await Folder.DeleteAsync("cluster/members/b", default);
        var files = await Folder.FilesAsync("cluster", default);
        Assert.Equal(["ended.json", "members/a"], files.Select(f => f.Name));
        Assert.All(files, f => Assert.InRange(f.Sent, before, DateTime.UtcNow.AddSeconds(2)));
        Assert.Equal("x", await Folder.GetTextAsync("cluster/members/a", default));
        Assert.Equal(2, files.Select(f => f.Version).Distinct().Count());
    }

    private byte[] Write(string name, int length, ulong seed)
    {
        var (path, content) = (_folder.File(name), FaultyServer.Noise(length, seed));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return content;
    }
}
