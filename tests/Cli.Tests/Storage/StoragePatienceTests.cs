using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Ism.Cli.Storage;

namespace Ism.Cli.Tests.Storage;

/// <summary>Storage that is away is waited for and told of; what another try would not mend is said at once.</summary>
public sealed class StoragePatienceTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(30);
    private readonly List<string> _notes = [];
    private int _calls;

    private StoragePatience Patience => new("s3://bucket/job", _notes.Add) { FirstPause = TimeSpan.FromMilliseconds(1) };

    [Fact]
    public void Should_wait_for_storage_that_is_away_and_tell_once_and_when_it_is_back()
    {
        Exception[] failures =
        [
            Refused(HttpStatusCode.ServiceUnavailable, "SlowDown"), new HttpRequestException("connection refused"), new TimeoutException("late"),
            new IOException("s3://bucket/job: x", Refused(HttpStatusCode.InternalServerError, "InternalError")),
            new AmazonServiceException("no answer"), new OperationCanceledException("the client's time is over"),
        ];
        Assert.Equal(7, Patience.Run(() => Answer(failures), Long, CancellationToken.None));
        Assert.Equal(7, _calls);
        Assert.Collection(
            _notes,
            note => Assert.Matches("^s3://bucket/job has not answered for 0 s .SlowDown.*nothing is lost$", note),
            note => Assert.Matches("^s3://bucket/job answers again after 0 s$", note));
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, "NoSuchBucket", "no such bucket")]
    [InlineData(HttpStatusCode.Forbidden, "InvalidAccessKeyId", "AWS_ACCESS_KEY_ID")]
    [InlineData(HttpStatusCode.Forbidden, "AccessDenied", "list, read, write and delete")]
    [InlineData(HttpStatusCode.MovedPermanently, "PermanentRedirect", "AWS_REGION")]
    [InlineData(HttpStatusCode.BadRequest, "InvalidArgument", "InvalidArgument")]
    public void Should_say_at_once_what_another_try_does_not_mend(HttpStatusCode status, string code, string advice)
    {
        var thrown = Assert.Throws<IOException>(() => Patience.Run(() => Answer(Refused(status, code)), Long, CancellationToken.None));
        Assert.StartsWith("s3://bucket/job: ", thrown.Message, StringComparison.Ordinal);
        Assert.Contains(advice, thrown.Message, StringComparison.Ordinal);
        Assert.Equal(1, _calls);
        Assert.Empty(_notes);
    }

    [Fact]
    public void Should_give_up_after_its_time_and_at_once_where_it_has_none()
    {
        Exception[] away = [.. Enumerable.Repeat(new HttpRequestException("connection refused"), 1000)];
        var thrown = Assert.Throws<IOException>(() => Patience.Run(() => Answer(away), TimeSpan.FromSeconds(1), CancellationToken.None));
        Assert.Contains("has not answered for", thrown.Message, StringComparison.Ordinal);
        Assert.InRange(_calls, 2, 999);

        (_calls, var before) = (0, _notes.Count);
        Assert.Throws<IOException>(() => Patience.Run(() => Answer(away), TimeSpan.Zero, CancellationToken.None));
        Assert.Equal((1, before), (_calls, _notes.Count));
    }

    [Fact]
    public void Should_pass_on_what_is_the_disks_or_damage_and_stop_when_it_is_not_wanted_any_more()
    {
        Assert.Throws<IOException>(() => Patience.Run(() => Answer(new IOException("No space left on device")), Long, CancellationToken.None));
        Assert.Equal(1, _calls);
        _calls = 0;
        Assert.Throws<InvalidDataException>(() => Patience.Run(() => Answer(new InvalidDataException("damaged")), Long, CancellationToken.None));
        _calls = 0;
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Patience.Run(
            () =>
            {
                stop.CancelAfter(TimeSpan.FromMilliseconds(20));
                return Answer([.. Enumerable.Repeat(new HttpRequestException("connection refused"), 1000)]);
            },
            Long, stop.Token));
    }

    private static AmazonS3Exception Refused(HttpStatusCode status, string code) => new(code) { StatusCode = status, ErrorCode = code };

    // Fails as often as there are failures, then says how often it was asked.
    private async Task<int> Answer(params Exception[] failures)
    {
        await Task.Yield();
        return ++_calls <= failures.Length ? throw failures[_calls - 1] : _calls;
    }
}
