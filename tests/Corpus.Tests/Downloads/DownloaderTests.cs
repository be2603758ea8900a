using System.Security.Cryptography;
using Ism.Corpus.Downloads;

namespace Ism.Corpus.Tests.Downloads;

/// <summary>A file arrives whole and right whatever the server does, or is not there at all and the reason is told.</summary>
public sealed class DownloaderTests : DownloadTest
{
    [Fact]
    public async Task Should_save_a_file_and_leave_nothing_beside_it()
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(100_000, 1));
        var result = await FetchAsync();
        Assert.Equal((DownloadOutcome.Saved, (long)content.Length), (result.Outcome, result.Bytes));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), result.Sha256);
        AssertWhole(content);
        Assert.Equal(DownloadOutcome.Present, (await FetchAsync()).Outcome);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Should_fetch_a_large_file_in_parts_side_by_side()
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(1_000_001, 2));
        await FetchAsync();
        AssertWhole(content);
        Assert.Equal(16, _server.Requests.Count(r => r.Range.Length > 0));
        Assert.InRange(_server.MostAtOnce, 2, Quick.Connections + 1);
    }

    [Fact]
    public async Task Should_go_on_behind_what_is_there_when_the_connection_is_cut()
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(120_000, 3));
        _server.Fault = async (http, number) =>
        {
            if (number < 6)
            {
                await _server.CutAsync(http, 15_000);
            }

            return number < 6;
        };
        var result = await FetchAsync(Quick with { Tries = 8 });
        Assert.True(result.Outcome == DownloadOutcome.Saved, result.Message);
        AssertWhole(content);
        Assert.Contains(_server.Requests, r => r.Range.Length > 0 && !r.Range.StartsWith("bytes=0-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(120_000)]
    [InlineData(700_000)]
    public async Task Should_go_on_where_an_interrupted_run_ended(int length)
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(length, 4));
        using var stop = new CancellationTokenSource();
        var kept = 0L;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FetchAsync(Quick, (done, _) =>
        {
            kept = done;
            if (done > length / 3)
            {
                stop.Cancel();
            }
        }, stop.Token));
        Assert.False(File.Exists(Path));
        var before = _server.Requests.Count;
        var first = -1L;
        var result = await FetchAsync(Quick, (done, _) => first = first < 0 ? done : first);
        Assert.Equal(DownloadOutcome.Saved, result.Outcome);
        AssertWhole(content);
        Assert.True(first > kept, $"{kept} bytes were there, and it went on at {first}");
        Assert.All(_server.Requests.Skip(before), r => Assert.NotEqual("", r.Range));
    }

    [Theory]
    [InlineData(120_000)]
    [InlineData(700_000)]
    public async Task Should_begin_anew_when_the_file_has_changed(int length)
    {
        _server.Serve("x.tar", FaultyServer.Noise(length, 5));
        var changed = FaultyServer.Noise(length + 7, 6);
        _server.Fault = async (http, number) =>
        {
            if (number == (length > 200_000 ? 3 : 0))
            {
                await _server.CutAsync(http, 20_000);
                _server.Serve("x.tar", changed, "\"v2\"");
                return true;
            }

            return false;
        };
        var result = await FetchAsync();
        Assert.True(result.Outcome == DownloadOutcome.Saved, result.Message);
        AssertWhole(changed);
    }

    [Fact]
    public async Task Should_begin_anew_when_the_file_has_changed_between_two_runs()
    {
        _server.Serve("x.tar", FaultyServer.Noise(120_000, 5));
        _server.Fault = async (http, _) =>
        {
            await _server.CutAsync(http, http.Request.Headers.Range.Count == 0 ? 20_000 : 0);
            return true;
        };
        Assert.Equal(DownloadOutcome.Failed, (await FetchAsync()).Outcome);
        _server.Fault = (_, _) => Task.FromResult(false);
        var changed = _server.Serve("x.tar", FaultyServer.Noise(120_000, 6), "\"v2\"");
        Assert.Equal(DownloadOutcome.Saved, (await FetchAsync()).Outcome);
        AssertWhole(changed);
    }

    [Theory]
    [InlineData(120_000)]
    [InlineData(700_000)]
    public async Task Should_take_the_whole_file_from_a_server_that_ignores_ranges(int length)
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(length, 7));
        _server.Fault = async (http, number) =>
        {
            http.Request.Headers.Remove("Range");
            if (number == 0)
            {
                await _server.CutAsync(http, 30_000);
            }

            return number == 0;
        };
        var result = await FetchAsync();
        Assert.True(result.Outcome == DownloadOutcome.Saved, result.Message);
        AssertWhole(content);
    }

    [Fact]
    public async Task Should_take_no_bytes_that_it_has_not_asked_for()
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(700_000, 8));
        _server.Fault = (http, number) =>
        {
            if (number is 2 or 5)
            {
                http.Request.Headers.Range = "bytes=0-65535";
            }

            return Task.FromResult(false);
        };
        var result = await FetchAsync();
        Assert.True(result.Outcome == DownloadOutcome.Saved, result.Message);
        AssertWhole(content);
    }

    [Fact]
    public async Task Should_begin_anew_without_a_version_to_hold_on_to()
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(700_000, 9), etag: null);
        _server.Fault = async (http, number) =>
        {
            if (number < 2)
            {
                await _server.CutAsync(http, 300_000);
            }

            return number < 2;
        };
        Assert.Equal(DownloadOutcome.Saved, (await FetchAsync()).Outcome);
        AssertWhole(content);
        Assert.All(_server.Requests, r => Assert.Equal("", r.Range));
    }

    [Fact]
    public async Task Should_wait_as_long_as_it_is_told_to()
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(50_000, 10));
        _server.Fault = (http, number) =>
        {
            if (number < 2)
            {
                http.Response.StatusCode = number == 0 ? 429 : 503;
                http.Response.Headers.RetryAfter = "1";
            }

            return Task.FromResult(number < 2);
        };
        Assert.Equal(DownloadOutcome.Saved, (await FetchAsync()).Outcome);
        AssertWhole(content);
        Assert.All(_server.Requests.Zip(_server.Requests.Skip(1)), pair =>
            Assert.True(pair.Second.At - pair.First.At > TimeSpan.FromSeconds(0.95), $"{pair.Second.At - pair.First.At}"));
    }

    [Theory]
    [InlineData(429, "100000", "asks to come back in 100000 s", 1)]
    [InlineData(500, null, "given up after 4 tries", 4)]
    [InlineData(403, null, "403", 1)]
    [InlineData(302, null, "302", 1)]
    public async Task Should_give_up_with_the_reason(int status, string? retryAfter, string message, int requests)
    {
        _server.Fault = (http, _) =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.RetryAfter = retryAfter;
            return Task.FromResult(true);
        };
        var result = await FetchAsync();
        Assert.Equal(DownloadOutcome.Failed, result.Outcome);
        Assert.Contains(message, result.Message, StringComparison.Ordinal);
        Assert.Equal(requests, _server.Requests.Count);
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public async Task Should_try_again_after_errors_and_hangs_of_the_server()
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(60_000, 11));
        _server.Fault = async (http, number) =>
        {
            if (number == 0)
            {
                http.Response.StatusCode = 502;
            }
            else if (number == 1)
            {
                // Headers never come.
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            }
            else if (number == 2)
            {
                http.Response.ContentLength = content.Length;
                await http.Response.Body.WriteAsync(content.AsMemory(0, 100));
                await http.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            }

            return number < 3;
        };
        var result = await FetchAsync(Quick with { StallSeconds = 1 });
        Assert.True(result.Outcome == DownloadOutcome.Saved, result.Message);
        AssertWhole(content);
    }

    [Fact]
    public async Task Should_follow_a_redirection()
    {
        var content = _server.Serve("y.tar", FaultyServer.Noise(60_000, 15));
        _server.Fault = (http, _) =>
        {
            var away = http.Request.Path == "/x.tar";
            if (away)
            {
                http.Response.Redirect("/y.tar");
            }

            return Task.FromResult(away);
        };
        Assert.Equal(DownloadOutcome.Saved, (await FetchAsync()).Outcome);
        AssertWhole(content);
    }

    [Fact]
    public async Task Should_say_that_there_is_no_such_file()
    {
        var result = await FetchAsync();
        Assert.Equal(DownloadOutcome.Missing, result.Outcome);
        Assert.False(File.Exists(Path));
    }
}
