using Amazon.Runtime;
using Amazon.S3;
using Ism.Corpus.Tests.Storage;
using Ism.Structures;
using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>A run whose workspace lies on S3-compatible storage (a stand-in in this process), killed and gone on with by a machine that has
/// nothing of it.</summary>
[Collection(Runs.Disturbed)]
public class StoredWorkspaceTests(Runs runs, ITestOutputHelper output)
{
    private const string Name = "stored";
    private const string Bucket = "bucket";
    private const string Address = $"s3://{Bucket}/{Name}";
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(30);

    [SkippableFact]
    public async Task Should_go_on_from_an_empty_cache_after_a_kill_do_nothing_twice_and_learn_the_same()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        await using var server = await S3StandIn.StartAsync();
        using (var client = new AmazonS3Client(new BasicAWSCredentials("test", "test"), S3Storage.Configuration(server.Address)))
        {
            await client.PutBucketAsync(Bucket);
        }

        using (var run = Start(server, "first"))
        {
            using var watch = new WorkspaceWatch(Scratch("first"));
            await watch.UntilAsync(
                "two checkpoints on the storage", () => Whole(server, "checkpoints/").Count() >= 2, run, Runs.RunDeadline);
            run.Kill();
            await run.ExitAsync(StopDeadline);
        }

        await NodeProcesses.NoneAsync(Address, StopDeadline);
        Directory.Delete(Scratch("first"), recursive: true);
        var kept = Whole(server, "checkpoints/").Max()!;
        using var last = Start(server, "second");
        var result = await runs.CompleteAsync(Name, last);
        result = result with { Workspace = Directory.EnumerateDirectories(Scratch("second")).Single() };

        var step = long.Parse(kept.Split('-')[1].Split('/')[0]);
        output.WriteLine($"killed with {kept} on the storage; {server.Keys.Count} objects, {server.Requests.Count} requests in all");
        Assert.Contains($"continues from the checkpoint after step {step}", result.Output);
        // The same weights to the bit. Of the log of steps, the last seconds before the kill may be lost with the machine.
        FileComparison.Same(reference, result, "model", "*.safetensors", 1);
        FileComparison.Same(reference, result, "tokens", "*.arrow", (Runs.Proteins + Runs.Heldout) / 8);

        var sent = server.Requests.Where(r => r.StartsWith("PUT ", StringComparison.Ordinal)).Select(r => r.Split(' ', '?')[1]).ToList();
        var once = sent.Where(r => r.Contains("/tokens/", StringComparison.Ordinal) || r.Contains("/embeddings-", StringComparison.Ordinal)).ToList();
        Assert.Equal(once.Distinct().Order(), once.Order());
        Assert.Equal(File.ReadAllBytes(result.At("model", "model.safetensors")), server.Content($"{Bucket}/{Name}/model/model.safetensors"));
        Assert.All(
            (string[])["report.html", "metrics.jsonl", "quarantine.tsv", "events.jsonl", "model/manifest.sha256", "codebook/manifest.sha256"],
            name => Assert.Contains($"{Bucket}/{Name}/{name}", server.Keys));
        Assert.DoesNotContain(server.Keys, k => k.Contains("journal", StringComparison.Ordinal) || k.Contains("/logs/", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Whole(S3StandIn server, string folder) => server.Keys
        .Where(k => k.StartsWith($"{Bucket}/{Name}/{folder}", StringComparison.Ordinal) && k.EndsWith("/manifest.sha256", StringComparison.Ordinal))
        .Select(k => k[$"{Bucket}/{Name}/{folder}".Length..]);

    private string Scratch(string run) => Directory.CreateDirectory(Path.Combine(runs.WorkspaceOf(Name), run)).FullName;

    private IsmProcess Start(S3StandIn server, string scratch) => IsmProcess.Start(
        new Dictionary<string, string>(Runs.Paced())
        {
            ["AWS_ENDPOINT_URL_S3"] = server.Address,
            ["AWS_ACCESS_KEY_ID"] = "test",
            ["AWS_SECRET_ACCESS_KEY"] = "test",
            ["AWS_REGION"] = "us-east-1",
            ["ISM_SCRATCH"] = Scratch(scratch),
        },
        runs.Arguments(Name, null, featurizers: 2, trainers: 1, $"workspace={Address}"));
}
