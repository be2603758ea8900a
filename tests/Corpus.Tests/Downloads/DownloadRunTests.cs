using Ism.Corpus.Downloads;

namespace Ism.Corpus.Tests.Downloads;

/// <summary>Many files: what is missing or fails ends none of the others, and nothing is asked for twice.</summary>
public sealed class DownloadRunTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = Downloader.CreateClient("ism-tests/1");
    private FaultyServer _server = null!;

    public async Task InitializeAsync() => _server = await FaultyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Should_save_what_there_is_and_list_the_rest()
    {
        foreach (var name in (string[])["a", "c", "d"])
        {
            _server.Serve(name, FaultyServer.Noise(5000, name[0]));
        }

        _server.Fault = (http, _) =>
        {
            var refused = http.Request.Path == "/d";
            http.Response.StatusCode = refused ? 403 : 200;
            return Task.FromResult(refused);
        };
        var summary = await RunAsync("a", "b", "c", "d");
        Assert.Equal([DownloadOutcome.Saved, DownloadOutcome.Missing, DownloadOutcome.Saved, DownloadOutcome.Failed],
            summary.Results.Select(r => r.Outcome));
        Assert.Equal(10_000, summary.Bytes);
        Assert.StartsWith("b\t", Assert.Single(Lines(DownloadRun.MissingName)));
        Assert.Contains("403", Assert.Single(Lines(DownloadRun.FailedName)), StringComparison.Ordinal);
        Assert.Equal([$"{summary.Results[0].Sha256}  a", $"{summary.Results[2].Sha256}  c"], Lines(DownloadRun.ManifestName));

        // Once more: only what is not there is asked for, and lists that would be empty are gone.
        _server.Fault = (_, _) => Task.FromResult(false);
        _server.Serve("b", FaultyServer.Noise(10, 1));
        var before = _server.Requests.Count;
        summary = await RunAsync("a", "b", "c", "d");
        Assert.Equal(["/b", "/d"], _server.Requests.Skip(before).Select(r => r.Path).Order());
        Assert.Equal((2, 2), (summary.Count(DownloadOutcome.Present), summary.Count(DownloadOutcome.Saved)));
        Assert.Equal(4, Lines(DownloadRun.ManifestName).Length);
        Assert.False(File.Exists(_folder.File(DownloadRun.MissingName)) || File.Exists(_folder.File(DownloadRun.FailedName)));
    }

    [Fact]
    public async Task Should_list_a_file_that_an_ended_process_had_saved_but_not_listed()
    {
        File.WriteAllText(_folder.File("a"), "123456789");
        File.WriteAllText(_folder.File(DownloadRun.ManifestName), "0123456789abcdef");
        var summary = await RunAsync("a");
        Assert.Equal(DownloadOutcome.Present, summary.Results[0].Outcome);
        Assert.Equal(["15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225  a"], Lines(DownloadRun.ManifestName));
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Should_ask_no_more_often_and_no_more_at_once_than_it_may()
    {
        var names = Enumerable.Range(0, 12).Select(i => $"f{i}").ToArray();
        foreach (var name in names)
        {
            _server.Serve(name, FaultyServer.Noise(100, 1));
        }

        await RunAsync(new DownloadOptions { RequestsPerSecond = 20, Connections = 3 }, names);
        var span = _server.Requests.Max(r => r.At) - _server.Requests.Min(r => r.At);
        Assert.True(span > TimeSpan.FromSeconds(0.5), $"12 requests in {span}");
        Assert.InRange(_server.MostAtOnce, 1, 3);
    }

    [Theory]
    [InlineData("P12345", true)]
    [InlineData("Q9P273", true)]
    [InlineData("A0A0B7P221", true)]
    [InlineData("P1234", false)]
    [InlineData("p12345", false)]
    [InlineData("P12345-2", false)]
    [InlineData("../P12345", false)]
    [InlineData("P12345\n", false)]
    public void Should_know_accessions_by_their_form(string text, bool known) =>
        Assert.Equal(known, AlphaFoldDatabase.IsAccession(text));

    [Fact]
    public void Should_find_the_newest_archive_of_a_proteome_and_no_name_that_leads_elsewhere()
    {
        var list = """
            [{"archive_name": "UP000000001_1_X_v4.tar", "reference_proteome": "UP000000001", "size_bytes": 1},
             {"archive_name": "UP000000001_1_X_v10.tar", "reference_proteome": "UP000000001"},
             {"archive_name": "../../etc/x_v11.tar", "reference_proteome": "UP000000001"},
             {"archive_name": "swissprot_cif_v6.tar", "label": "Swiss-Prot (CIF files)"}]
            """u8;
        Assert.Equal("UP000000001_1_X_v10.tar", AlphaFoldDatabase.FindArchive(list, "UP000000001"));
        Assert.Null(AlphaFoldDatabase.FindArchive(list, "UP000000002"));
        Assert.Throws<FormatException>(() => AlphaFoldDatabase.FindArchive("<html>"u8, "UP000000001"));
    }

    private Task<DownloadSummary> RunAsync(params string[] names) =>
        RunAsync(new DownloadOptions { RequestsPerSecond = 10_000, BackoffSeconds = 0.01, Tries = 2 }, names);

    private async Task<DownloadSummary> RunAsync(DownloadOptions options, string[] names)
    {
        using var downloader = new Downloader(_client, options);
        return await new DownloadRun(downloader, _folder.Path, options).RunAsync(
            [.. names.Select(n => new DownloadItem(new Uri(_server.Address, n), _folder.File(n)))], default);
    }

    private string[] Lines(string name) => File.ReadAllLines(_folder.File(name));
}
