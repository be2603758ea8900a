using System.Formats.Tar;
using System.Security.Cryptography;
using Amazon.S3.Model;
using Ism.Structures;
using Ism.Structures.Synthesis;

namespace Ism.Corpus.Tests.Storage;

/// <summary>Structures on S3-compatible storage are listed and read as those of a folder.</summary>
[Collection("S3")]
public sealed class S3SourceTests(S3Fixture storage) : IClassFixture<S3Fixture>, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _prefix = Guid.NewGuid().ToString("N")[..8];

    private string Source => $"s3://{storage.Bucket}/{_prefix}";

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Should_list_and_read_what_lies_below_a_prefix_as_from_a_folder()
    {
        SyntheticCorpus.Write(_folder.Path, 8, seed: 3, new SynthesisOptions { MinLength = 30, MaxLength = 60 });
        foreach (var path in Directory.EnumerateFiles(_folder.Path))
        {
            await PutAsync(Path.GetFileName(path), File.ReadAllBytes(path));
        }

        await PutAsync("README.md", "no structure"u8.ToArray());
        await PutAsync("../" + _prefix + "-other/x.pdb", "not below"u8.ToArray());
        var local = StructureSources.List(_folder.Path).ToList();
        var remote = StructureSources.List(Source).ToList();
        Assert.Equal(local.Select(e => (e.Name, e.Length)), remote.Select(e => (e.Name, e.Length)));

        var catalogue = Catalogue.Create(remote, 3);
        Assert.Equal(remote, Enumerable.Range(0, 8).Select(i => catalogue.EntryOf(i)));
        Assert.Equal(remote, Catalogue.Open(catalogue.Save(_folder.File("catalogues"), "corpus")).EntriesOf(0)
            .Concat(catalogue.EntriesOf(1)).Concat(catalogue.EntriesOf(2)));
        foreach (var (a, b) in StructureBatch.Read(local, new()).Zip(StructureBatch.Read(remote, new())))
        {
            Assert.Equal(a.Structure!.Atoms.X, b.Structure!.Atoms.X);
            Assert.Equal(a.Structure.Residues, b.Structure.Residues);
            Assert.Equal(a.Structure.Notes, b.Structure.Notes);
        }
    }

    [SkippableFact]
    public async Task Should_read_archives_where_they_are()
    {
        SyntheticCorpus.Write(_folder.File("made"), 12, seed: 4, new SynthesisOptions { MinLength = 300, MaxLength = 400 });
        var tar = _folder.File("set.tar");
        TarFile.CreateFromDirectory(_folder.File("made"), tar, includeBaseDirectory: false);
        await PutAsync("set.tar", File.ReadAllBytes(tar));
        var local = StructureSources.List(tar).ToList();
        var remote = StructureSources.List(Source).ToList();
        Assert.Equal(local.Select(e => (e.Member, e.Index, e.Offset, e.Length)), remote.Select(e => (e.Member, e.Index, e.Offset, e.Length)));
        var chunk = remote.Skip(5).Take(3).ToList();
        foreach (var (a, b) in StructureBatch.Read(local.Skip(5).Take(3).ToList(), new()).Zip(StructureBatch.Read(chunk, new())))
        {
            Assert.Equal(a.Structure!.Atoms.X, b.Structure!.Atoms.X);
        }
    }

    [SkippableFact]
    public async Task Should_tell_a_missing_object_from_storage_that_is_away()
    {
        var refusal = Read("gone.pdb");
        Assert.True(refusal is { IsAccess: true, InnerException: StructureAccessException { IsMissing: true } }, refusal.Message);

        await PutAsync("x.pdb", "x"u8.ToArray());
        storage.StandIn.Fault = async http =>
        {
            await S3StandIn.Error(http, 503, "SlowDown");
            return true;
        };
        try
        {
            refusal = Read("x.pdb");
            Assert.True(refusal is { IsAccess: true, InnerException: StructureAccessException { IsMissing: false } }, refusal.Message);
            Assert.Throws<StructureSourceException>(() => StructureSources.List(Source).ToList());
        }
        finally
        {
            storage.StandIn.Fault = _ => Task.FromResult(false);
        }
    }

    [SkippableFact]
    public async Task Should_take_up_a_body_that_breaks_off_and_refuse_one_that_changes()
    {
        var content = RandomNumberGenerator.GetBytes(900_000);
        await PutAsync("x.bin", content);
        var cuts = 0;
        storage.StandIn.Fault = async http =>
        {
            if (http.Request.Method != "GET" || cuts++ >= 2)
            {
                return false;
            }

            // The headers of the whole range, half of its first part, and the end of the connection.
            http.Response.StatusCode = 206;
            var from = int.Parse(http.Request.Headers.Range.ToString()["bytes=".Length..].Split('-')[0]);
            http.Response.Headers.ContentRange = $"bytes {from}-{from + 200_000}/{content.Length}";
            http.Response.Headers.ETag = $"\"{Convert.ToHexStringLower(MD5.HashData(content))}\"";
            http.Response.ContentLength = 200_001;
            await http.Response.Body.WriteAsync(content.AsMemory(from, 50_000));
            await http.Response.Body.FlushAsync();
            http.Abort();
            return true;
        };
        using (var stream = new S3ObjectStream(S3Address.Parse(Source).Below("x.bin")))
        {
            using var memory = new MemoryStream();
            await stream.CopyToAsync(memory);
            Assert.True(content.AsSpan().SequenceEqual(memory.ToArray()));
        }

        Assert.True(cuts >= 2);
        storage.StandIn.Fault = _ => Task.FromResult(false);
        using var changing = new S3ObjectStream(S3Address.Parse(Source).Below("x.bin"));
        Assert.Equal(1000, changing.ReadAtLeast(new byte[1000], 1000));
        await PutAsync("x.bin", RandomNumberGenerator.GetBytes(900_000));
        Assert.Throws<StructureAccessException>(() => changing.CopyTo(Stream.Null));
    }

    [SkippableFact]
    public async Task Should_read_an_empty_object_as_empty()
    {
        await PutAsync("x.pdb", []);
        var entry = StructureSources.List(Source).Single();
        Assert.Equal(RefusalReason.Empty, StructureBatch.Read([entry], new()).Single().Refusal!.Reason);
    }

    [SkippableTheory]
    [InlineData(206, "bytes 0-0/0", 1)]
    [InlineData(206, "bytes */0", 0)]
    [InlineData(200, null, 0)]
    public async Task Should_read_an_empty_object_as_empty_whatever_a_server_makes_of_its_range(int status, string? range, int announced)
    {
        storage.StandIn.Fault = async http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.ContentRange = range;
            http.Response.Headers.ETag = "\"x\"";
            http.Response.ContentLength = announced;
            await http.Response.Body.FlushAsync();
            if (announced > 0)
            {
                http.Abort();
            }

            return true;
        };
        try
        {
            var refusal = Read("x.pdb");
            Assert.True(refusal.Reason == RefusalReason.Empty, refusal.Message);
        }
        finally
        {
            storage.StandIn.Fault = _ => Task.FromResult(false);
        }
    }

    [Theory]
    [InlineData("s3://")]
    [InlineData("s3://a/x")]
    [InlineData("s3://b u c k/x")]
    public void Should_refuse_an_address_that_names_no_bucket(string source)
    {
        var thrown = Assert.Throws<StructureSourceException>(() => StructureSources.List(source).ToList());
        Assert.Contains("s3://bucket/key", thrown.Message, StringComparison.Ordinal);
    }

    private StructureRefusedException Read(string name) => StructureBatch
        .Read([new StructureEntry($"{Source}/{name}", null, -1, 0, 5)], new()).Single().Refusal!;

    private Task PutAsync(string name, byte[] content)
    {
        var key = name.StartsWith("../", StringComparison.Ordinal) ? name[3..] : $"{_prefix}/{name}";
        return storage.Client.PutObjectAsync(new PutObjectRequest
        {
            BucketName = storage.Bucket,
            Key = key,
            InputStream = new MemoryStream(content),
            UseChunkEncoding = false,
        });
    }
}
