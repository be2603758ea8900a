using Amazon.Runtime;
using Amazon.S3;
using Ism.Structures;

namespace Ism.Corpus.Tests.Storage;

/// <summary>
/// Storage for tests: the stand-in, or the server at <c>$ISM_S3_ENDPOINT</c> with the credentials of <c>$AWS_ACCESS_KEY_ID</c> and
/// <c>$AWS_SECRET_ACCESS_KEY</c>, where a bucket is made for each test. Tests that need faults need the stand-in and are skipped there.
/// </summary>
public sealed class S3Fixture : IAsyncLifetime
{
    private S3StandIn? _standIn;

    public AmazonS3Client Client { get; private set; } = null!;

    public string Bucket { get; } = $"ism-{Guid.NewGuid():N}";

    internal S3StandIn StandIn
    {
        get
        {
            Skip.If(_standIn is null, "faults need the stand-in: unset ISM_S3_ENDPOINT");
            return _standIn!;
        }
    }

    public async Task InitializeAsync()
    {
        var endpoint = Environment.GetEnvironmentVariable("ISM_S3_ENDPOINT");
        if (string.IsNullOrEmpty(endpoint))
        {
            _standIn = await S3StandIn.StartAsync();
            endpoint = _standIn.Address;
        }

        var configuration = S3Storage.Configuration(endpoint);
        configuration.MaxErrorRetry = 2;
        Client = new AmazonS3Client(
            new BasicAWSCredentials(
                Environment.GetEnvironmentVariable("AWS_ACCESS_KEY_ID") ?? "test",
                Environment.GetEnvironmentVariable("AWS_SECRET_ACCESS_KEY") ?? "test"),
            configuration);
        await Client.PutBucketAsync(Bucket);
        S3Storage.Use(Client);
    }

    public async Task DisposeAsync()
    {
        S3Storage.Use(null);
        Client.Dispose();
        if (_standIn is not null)
        {
            await _standIn.DisposeAsync();
        }
    }
}
