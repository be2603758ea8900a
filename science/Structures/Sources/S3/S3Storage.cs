using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Ism.Structures;

/// <summary>
/// Reads S3-compatible storage. Credentials and region come from where the AWS SDK looks for them (environment, profile, the
/// machine's role), another endpoint from AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL; nothing of it stands in a job.
/// Thread-safe.
/// </summary>
public static class S3Storage
{
    private static readonly Lazy<IAmazonS3> Default = new(CreateClient);
    private static IAmazonS3? s_given;

    /// <summary>The client of this process.</summary>
    /// <exception cref="StructureAccessException">No credentials or region are to be found.</exception>
    public static IAmazonS3 Client
    {
        get
        {
            try
            {
                return s_given ?? Default.Value;
            }
            catch (Exception e) when (e is AmazonClientException or ArgumentException or UriFormatException)
            {
                throw new StructureAccessException("s3://", $"no client: {e.Message}", e);
            }
        }
    }

    /// <summary>Takes another client than that of the environment; null goes back to it.</summary>
    public static void Use(IAmazonS3? client) => s_given = client;

    /// <summary>A client for an endpoint that is not Amazon's own, or (null) for the environment's.</summary>
    public static AmazonS3Config Configuration(string? endpoint)
    {
        // Checksums that newer servers alone understand are left out; MD5 and ETag, which all know, are compared instead.
        var configuration = new AmazonS3Config
        {
            MaxErrorRetry = 5,
            RetryMode = RequestRetryMode.Standard,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (endpoint is not null)
        {
            configuration.ServiceURL = endpoint;
            configuration.ForcePathStyle = true;
            configuration.AuthenticationRegion = Environment.GetEnvironmentVariable("AWS_REGION") is { Length: > 0 } region
                ? region
                : "us-east-1";
        }

        return configuration;
    }

    /// <summary>Objects whose key is that of the address or lies below it, in the order of their keys, page by page.</summary>
    /// <exception cref="StructureAccessException">The storage refuses or cannot be reached.</exception>
    public static IEnumerable<(S3Address Address, long Length)> List(S3Address address)
    {
        var folder = address.Key.Length == 0 || address.Key.EndsWith('/') ? address.Key : address.Key + "/";
        var request = new ListObjectsV2Request { BucketName = address.Bucket, Prefix = address.Key };
        ListObjectsV2Response page;
        do
        {
            page = Call(address, () => Client.ListObjectsV2Async(request));
            foreach (var found in page.S3Objects ?? [])
            {
                if (found.Key == address.Key || found.Key.StartsWith(folder, StringComparison.Ordinal))
                {
                    yield return (address with { Key = found.Key }, found.Size ?? 0);
                }
            }

            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true && request.ContinuationToken is not null);
    }

    /// <summary>Waits for an answer; what the storage refuses comes as the failure of storage that it is.</summary>
    internal static T Call<T>(S3Address address, Func<Task<T>> call)
    {
        try
        {
            return call().GetAwaiter().GetResult();
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchKey")
        {
            throw new StructureAccessException(address.ToString(), e.Message, new FileNotFoundException(e.Message, e));
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException or OperationCanceledException)
        {
            throw new StructureAccessException(address.ToString(), e.Message, e);
        }
    }

    private static AmazonS3Client CreateClient() => new(Configuration(
        Set("AWS_ENDPOINT_URL_S3") ?? Set("AWS_ENDPOINT_URL")));

    private static string? Set(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
