using Amazon.Runtime;
using Amazon.S3;
using Ism.Cli.Jobs;
using Ism.Cli.Storage;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;
using Ism.Corpus.Tests.Storage;
using Ism.Protocol.Jobs;
using Ism.Structures;
using Microsoft.AspNetCore.Http;

namespace Ism.Cli.Tests.Storage;

/// <summary>Workspaces on the stand-in for S3, with caches in a folder of the test's own.</summary>
[Collection("S3 workspaces")]
public sealed class StoredWorkspaceTests : IAsyncLifetime
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("ism-scratch-").FullName;
    private readonly string? _before = Environment.GetEnvironmentVariable(StoredWorkspace.ScratchVariable);
    private readonly List<string> _notes = [];
    private S3StandIn _server = null!;
    private AmazonS3Client _client = null!;

    private const string Address = "s3://bucket/runs/one";

    private static JobOptions Job => new() { Name = "one", Workspace = Address };

    public async Task InitializeAsync()
    {
        Environment.SetEnvironmentVariable(StoredWorkspace.ScratchVariable, _scratch);
        _server = await S3StandIn.StartAsync();
        var configuration = S3Storage.Configuration(_server.Address);
        configuration.MaxErrorRetry = 0;
        _client = new AmazonS3Client(new BasicAWSCredentials("test", "test"), configuration);
        await _client.PutBucketAsync("bucket");
        S3Storage.Use(_client);
    }

    public async Task DisposeAsync()
    {
        Environment.SetEnvironmentVariable(StoredWorkspace.ScratchVariable, _before);
        S3Storage.Use(null);
        _client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_scratch, recursive: true);
    }

    [Fact]
    public void Should_have_a_cache_for_each_address_and_leave_folders_as_they_are()
    {
        var folder = StoredWorkspace.FolderOf(Address);
        Assert.StartsWith(Path.Combine(_scratch, "bucket-runs-one-"), folder, StringComparison.Ordinal);
        Assert.Equal(folder, StoredWorkspace.FolderOf(Address + "/"));
        Assert.NotEqual(folder, StoredWorkspace.FolderOf("s3://bucket/runs-one"));
        Assert.Equal(Path.GetFullPath("runs/one"), StoredWorkspace.FolderOf("runs/one"));
        Assert.Throws<UsageException>(() => StoredWorkspace.FolderOf("s3://"));
    }

    [Fact]
    public void Should_put_the_job_there_and_know_it_again_from_an_empty_cache_and_no_other_one()
    {
        Assert.False(StoredWorkspace.Begin(Job, _notes.Add));
        Assert.Equal(["bucket/runs/one/job.json", "bucket/runs/one/workspace.id"], _server.Keys);
        Directory.Delete(StoredWorkspace.FolderOf(Address), recursive: true);
        Assert.True(StoredWorkspace.Begin(Job, _notes.Add));
        Directory.Delete(StoredWorkspace.FolderOf(Address), recursive: true);
        var thrown = Assert.Throws<UsageException>(() => StoredWorkspace.Begin(Job with { Seed = 5 }, _notes.Add));
        Assert.Contains("seed is 1 there and 5 here", thrown.Message, StringComparison.Ordinal);

        var node = StoredWorkspace.OfNode(Address, create: false, _notes.Add);
        Assert.Equal(Address, node.ReadJob().Workspace);
        Assert.Empty(_notes);
    }

    [Fact]
    public async Task Should_empty_a_cache_whose_workspace_was_deleted()
    {
        StoredWorkspace.Begin(Job, _notes.Add);
        var stale = Path.Combine(StoredWorkspace.FolderOf(Address), "tokens", "x.arrow");
        Directory.CreateDirectory(Path.GetDirectoryName(stale)!);
        File.WriteAllText(stale, "of before");
        var kept = Path.Combine(StoredWorkspace.FolderOf(Address), "run.lock");
        File.WriteAllText(kept, "");
        foreach (var key in _server.Keys)
        {
            await _client.DeleteObjectAsync("bucket", key["bucket/".Length..]);
        }

        Assert.False(StoredWorkspace.Begin(Job, _notes.Add));
        Assert.False(File.Exists(stale));
        Assert.True(File.Exists(kept));
        Assert.Contains("is emptied", Assert.Single(_notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Should_say_that_there_is_no_bucket_no_permission_or_no_job()
    {
        var thrown = Assert.Throws<IOException>(() => StoredWorkspace.Begin(Job with { Workspace = "s3://elsewhere/x" }, _notes.Add));
        Assert.Contains("no such bucket", thrown.Message, StringComparison.Ordinal);
        thrown = Assert.Throws<IOException>(() => StoredWorkspace.OfNode(Address, create: false, _notes.Add));
        Assert.Contains("holds no job yet", thrown.Message, StringComparison.Ordinal);
        thrown = Assert.Throws<IOException>(() => StoredWorkspace.OfNode(Address, create: true, _notes.Add));
        Assert.Contains("has no job.json", thrown.Message, StringComparison.Ordinal);
        _server.Fault = async http =>
        {
            await S3StandIn.Error(http, 403, "InvalidAccessKeyId");
            return true;
        };
        thrown = Assert.Throws<IOException>(() => StoredWorkspace.Begin(Job, _notes.Add));
        Assert.Contains("AWS_ACCESS_KEY_ID", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_keep_and_bring_files_logs_and_folders_and_leave_alone_what_is_not_below_it()
    {
        StoredWorkspace.Begin(Job, _notes.Add);
        var here = StoredWorkspace.OfNode(Address, create: false, _notes.Add);
        Write(here, "tokens/c-1/chunk-000000.arrow", "tokens");
        here.Keep("tokens/c-1/chunk-000000.arrow");
        Write(here, "codebook/codebook.json", "{}");
        here.KeepFolder("codebook");
        Write(here, "metrics.jsonl", "1\n");
        here.Store!.KeepLog("metrics.jsonl");
        File.AppendAllText(here.At("metrics.jsonl"), "2\n");
        here.Store.KeepLog("metrics.jsonl");
        var outside = Path.Combine(_scratch, "model", "config.json");
        here.Keep(outside);
        here.KeepFolder(Path.GetDirectoryName(outside)!);
        here.BringFolder(Path.GetDirectoryName(outside)!);
        Assert.False(here.Bring(outside));

        Directory.Delete(here.Root, recursive: true);
        var again = StoredWorkspace.OfNode(Address, create: false, _notes.Add);
        Assert.True(again.Bring(again.At("tokens/c-1/chunk-000000.arrow")));
        Assert.Equal("tokens", File.ReadAllText(again.At("tokens/c-1/chunk-000000.arrow")));
        Assert.False(again.Bring("tokens/c-1/chunk-000001.arrow"));
        again.BringFolder("codebook");
        Assert.Equal("{}", File.ReadAllText(again.At("codebook/codebook.json")));
        again.BringLog("metrics.jsonl");
        Assert.Equal("1\n2\n", File.ReadAllText(again.At("metrics.jsonl")));

        // A cache that is ahead of the storage is not set back.
        File.AppendAllText(again.At("metrics.jsonl"), "3\n");
        again.BringLog("metrics.jsonl");
        Assert.Equal("1\n2\n3\n", File.ReadAllText(again.At("metrics.jsonl")));
    }

    [Fact]
    public void Should_bear_with_storage_that_fails_and_loses_connections_and_lose_nothing()
    {
        StoredWorkspace.Begin(Job, _notes.Add);
        var here = StoredWorkspace.OfNode(Address, create: false, _notes.Add);
        Write(here, "tokens/a", "tokens");
        var (left, cut) = (1, 1);
        _server.Fault = async http =>
        {
            if (Interlocked.Decrement(ref left) >= 0)
            {
                await S3StandIn.Error(http, 503, "SlowDown");
                return true;
            }

            if (http.Request.Method == "GET" && Interlocked.Decrement(ref cut) >= 0)
            {
                http.Response.ContentLength = 6;
                await http.Response.WriteAsync("tok");
                await http.Response.Body.FlushAsync();
                http.Abort();
                return true;
            }

            return false;
        };
        here.Keep("tokens/a");
        File.Delete(here.At("tokens/a"));
        Assert.True(here.Bring("tokens/a"));
        Assert.Equal("tokens", File.ReadAllText(here.At("tokens/a")));

        // Some of it the client itself tries again.
        Assert.True(left < 0 && cut < 0, "not every fault was met");
        Assert.Contains("answers again", _notes[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Should_say_what_the_local_disk_refuses()
    {
        StoredWorkspace.Begin(Job, _notes.Add);
        var here = StoredWorkspace.OfNode(Address, create: false, _notes.Add);
        Write(here, "tokens/a", "tokens");
        here.Keep("tokens/a");
        Directory.Delete(here.At("tokens"), recursive: true);
        File.WriteAllText(here.At("tokens"), "a file where a folder should be, as any refusal of the disk");
        Assert.Throws<IOException>(() => here.Bring("tokens/a"));
        Assert.Empty(_notes);
    }

    [Fact]
    public void Should_refuse_a_journal_whose_password_would_lie_beside_the_job()
    {
        var job = Job with { Cluster = new ClusterOptions { Journal = "Host=db;Password=secret" } };
        var problem = Assert.Single(JobValidation.Check(job));
        Assert.Contains(JournalVariable.Name, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
        Assert.Empty(JobValidation.Check(job with { Workspace = "runs/one" }));
        Assert.Contains("s3://bucket/key", Assert.Single(JobValidation.Check(Job with { Workspace = "s3://" })), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_let_nodes_that_share_no_folder_see_each_other_and_the_end()
    {
        var (a, b) = (Folder("a"), Folder("b"));
        var (one, two) = (Record(NodeRoles.Coordinator, 4001), Record(NodeRoles.Trainer, 4002));
        new MemberFiles(a).Write(one);
        new MemberFiles(b).Write(two);
        EndedMarker.Write(b, "of a run before");
        await _client.PutObjectAsync(new() { BucketName = "bucket", Key = "runs/one/cluster/ended.json", ContentBody = "{}", UseChunkEncoding = false });
        await using (var first = await StartAsync(NodeRoles.Coordinator, a))
        {
            await using var second = await StartAsync(NodeRoles.Trainer, b);
            Assert.Equal([one, two], (await SeenAsync(b, 2)).Select(m => m with { Beat = 1 }));
            Assert.Equal([one, two], (await SeenAsync(a, 2)).Select(m => m with { Beat = 1 }));
            Assert.Null(EndedMarker.TryRead(b));

            // Who stops beating is not heard of again; who does is.
            // The storage tells its time in seconds.
            var (before, beat) = (new MemberFiles(a).Read(two.Node)!.Beat, 2L);
            await UntilAsync(() =>
            {
                new MemberFiles(b).Write(two with { Beat = beat++ });
                return new MemberFiles(a).Read(two.Node)!.Beat > before;
            });
            EndedMarker.Write(a, null);
            await UntilAsync(() => EndedMarker.TryRead(b) is { Error: null });
        }

        Assert.Single(_server.Keys, k => k == "bucket/runs/one/cluster/ended.json");
        Assert.DoesNotContain(_server.Keys, k => k.Contains("/members/", StringComparison.Ordinal));

        string Folder(string name) => Directory.CreateDirectory(Path.Combine(_scratch, name)).FullName;

        static MemberRecord Record(string role, int port) => new($"{role}-0", role, $"akka.tcp://ism@10.0.0.1:{port}", 1);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(50, patience.Token);
        }
    }

    private static void Write(Workspace workspace, string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(workspace.At(name))!);
        File.WriteAllText(workspace.At(name), text);
    }

    private static async Task<IReadOnlyList<MemberRecord>> SeenAsync(string folder, int count)
    {
        await UntilAsync(() => new MemberFiles(folder).All().Count >= count);
        return new MemberFiles(folder).All();
    }

    private Task<StoredMembers> StartAsync(string role, string folder) => StoredMembers.StartAsync(
        new Corpus.Publishing.S3Folder(_client, S3Address.Parse(Address), Path.Combine(folder, StoredWorkspace.Temporary)),
        new NodeOptions { Role = role, NodeId = $"{role}-0", Workspace = folder }, _notes.Add, CancellationToken.None,
        TimeSpan.FromSeconds(0.2));
}
