using Ism.Corpus.Downloads;

namespace Ism.Corpus.Tests.Downloads;

/// <summary>A server, a folder, and a file x.tar that is fetched from the one into the other.</summary>
public abstract class DownloadTest : IAsyncLifetime, IDisposable
{
    private protected static readonly DownloadOptions Quick = new()
    {
        BackoffSeconds = 0.01,
        StallSeconds = 20,
        RequestsPerSecond = 10_000,
        PartBytes = 1 << 16,
        Tries = 4,
    };

    private protected readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = Downloader.CreateClient("ism-tests/1");
    private protected FaultyServer _server = null!;

    private protected string Path => _folder.File("x.tar");

    public async Task InitializeAsync() => _server = await FaultyServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    private protected async Task<DownloadResult> FetchAsync(
        DownloadOptions? options = null, Action<long, long>? progress = null, CancellationToken cancellation = default)
    {
        using var downloader = new Downloader(_client, options ?? Quick);
        return await downloader.FetchAsync(new DownloadItem(new Uri(_server.Address, "x.tar"), Path), progress, cancellation);
    }

    private protected void AssertWhole(byte[] content)
    {
        Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(Path)), "the bytes are not those of the server");
        Assert.Equal([Path], Directory.EnumerateFiles(_folder.Path));
    }
}
