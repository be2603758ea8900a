using Ism.Corpus.Publishing;
using Ism.Corpus.Tests.Downloads;
using Ism.Structures;

namespace Ism.Corpus.Tests.Storage;

/// <summary>What is published arrives whole, is not sent twice, and is named by the list only when all of it is there.</summary>
[Collection("S3")]
public sealed class S3PublisherTests(S3Fixture storage) : IClassFixture<S3Fixture>, IDisposable
{
    private const long Part = 5 << 20;
    private readonly TemporaryFolder _folder = new();
    private readonly string _prefix = Guid.NewGuid().ToString("N")[..8];

    private S3Address Target => new(storage.Bucket, _prefix);

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Should_publish_small_and_large_files_and_send_nothing_twice()
    {
        Write("model/config.json", FaultyServer.Noise(1000, 1));
        var large = Write("model/model.safetensors", FaultyServer.Noise((2 * (int)Part) + 12345, 2));
        Write("empty", []);
        var summary = await RunAsync("empty", "model/config.json", "model/model.safetensors");
        Assert.Equal((3, 0), (summary.Sent, summary.Present));
        Assert.True((await GetAsync("model/model.safetensors")).AsSpan().SequenceEqual(large));
        var manifest = System.Text.Encoding.UTF8.GetString(await GetAsync(S3Publisher.ManifestName)).Split('\n');
        Assert.Equal(["empty", "model/config.json", "model/model.safetensors"], manifest.Where(l => l.Length > 0).Select(l => l[66..]));
        Assert.StartsWith(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(large)), manifest[2]);

        summary = await RunAsync("empty", "model/config.json", "model/model.safetensors");
        Assert.Equal((0, 3), (summary.Sent, summary.Present));

        // A changed file alone is sent again, and the list stays complete.
        Write("model/config.json", FaultyServer.Noise(1000, 3));
        summary = await RunAsync("model/config.json");
        Assert.Equal((1, 0), (summary.Sent, summary.Present));
        Assert.Equal(3, System.Text.Encoding.UTF8.GetString(await GetAsync(S3Publisher.ManifestName)).Count(c => c == '\n'));
    }

    [SkippableFact]
    public async Task Should_go_on_where_it_was_interrupted_and_show_no_list_until_all_is_there()
    {
        var names = Enumerable.Range(0, 5).Select(i => $"f{i}").ToArray();
        Array.ForEach(names, n => Write(n, FaultyServer.Noise(2000, n[1])));
        using var stop = new CancellationTokenSource();
        var publisher = new S3Publisher(storage.Client, Target, Part);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publisher.RunAsync(_folder.Path, names, (done, _) =>
        {
            if (done == 2)
            {
                stop.Cancel();
            }
        }, stop.Token));
        await Assert.ThrowsAnyAsync<Amazon.S3.AmazonS3Exception>(() => GetAsync(S3Publisher.ManifestName));
        var summary = await RunAsync(names);
        Assert.Equal((3, 2), (summary.Sent, summary.Present));
    }

    [SkippableFact]
    public async Task Should_take_the_list_away_before_it_replaces_what_the_list_names()
    {
        Write("a", FaultyServer.Noise(100, 1));
        Write("b", FaultyServer.Noise(100, 2));
        await RunAsync("a", "b");
        Write("a", FaultyServer.Noise(100, 3));
        storage.StandIn.Fault = async http =>
        {
            var refused = http.Request.Method == "PUT";
            if (refused)
            {
                await S3StandIn.Error(http, 403, "AccessDenied");
            }

            return refused;
        };
        try
        {
            var thrown = await Assert.ThrowsAsync<IOException>(() => RunAsync("a", "b"));
            Assert.Contains("AccessDenied", thrown.Message, StringComparison.Ordinal);
        }
        finally
        {
            storage.StandIn.Fault = _ => Task.FromResult(false);
        }

        await Assert.ThrowsAnyAsync<Amazon.S3.AmazonS3Exception>(() => GetAsync(S3Publisher.ManifestName));
    }

    [SkippableTheory]
    [InlineData(1000)]
    [InlineData((int)Part + 1000)]
    public async Task Should_notice_what_arrives_damaged(int length)
    {
        Write("a", FaultyServer.Noise(length, 1));
        storage.StandIn.Fault = async http =>
        {
            if (http.Request.Method != "PUT")
            {
                return false;
            }

            await http.Request.Body.CopyToAsync(Stream.Null);
            http.Response.Headers.ETag = "\"00000000000000000000000000000000\"";
            return true;
        };
        try
        {
            var thrown = await Assert.ThrowsAsync<IOException>(() => RunAsync("a"));
            Assert.Contains("damaged", thrown.Message, StringComparison.Ordinal);
            Assert.True(length < Part || storage.StandIn.Requests.Any(r => r.StartsWith("DELETE", StringComparison.Ordinal)));
        }
        finally
        {
            storage.StandIn.Fault = _ => Task.FromResult(false);
        }
    }

    [Fact]
    public void Should_choose_results_and_nothing_that_is_being_written_or_is_no_ones_business()
    {
        string[] kept = ["catalogue/roles.json", "checkpoints/step-00000100/manifest.json", "model/config.json", "report.html", "tokens/c-1/chunk-000000.arrow"];
        string[] left =
        [
            "job.json", "ledger/journal.db", "logs/x.log", "cluster/lease", "checkpoints/.step-00000200.tmp/a", "checkpoints/new/a",
            "tokens/c-1/.chunk-000001.arrow.tmp", "work/x", "catalogue/roles.json.new", "other.txt",
        ];
        foreach (var name in kept.Concat(left))
        {
            Write(name, [1]);
        }

        Assert.Equal(kept, WorkspaceParts.Files(_folder.Path, [.. WorkspaceParts.Names]));
        Assert.Equal(["model/config.json"], WorkspaceParts.Files(_folder.Path, ["model"]));
        Assert.Equal(["config.json"], WorkspaceParts.Files(_folder.File("model"), []));
    }

    private byte[] Write(string name, byte[] content)
    {
        var path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return content;
    }

    private Task<PublishSummary> RunAsync(params string[] names) =>
        new S3Publisher(storage.Client, Target, Part).RunAsync(_folder.Path, names, null, default);

    private async Task<byte[]> GetAsync(string name)
    {
        using var response = await storage.Client.GetObjectAsync(storage.Bucket, $"{_prefix}/{name}");
        using var memory = new MemoryStream();
        await response.ResponseStream.CopyToAsync(memory);
        return memory.ToArray();
    }
}
