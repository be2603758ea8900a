using System.Security.Cryptography;
using Ism.Corpus.Downloads;
using Microsoft.AspNetCore.Http;

namespace Ism.Corpus.Tests.Downloads;

/// <summary>Bytes that are not the server's are noticed, and a disk without room says so.</summary>
public sealed class DownloadCheckTests : DownloadTest
{
    [Theory]
    [InlineData("x-goog-hash")]
    [InlineData("Content-MD5")]
    [InlineData("Repr-Digest")]
    [InlineData("ETag")]
    public async Task Should_fetch_again_what_does_not_have_the_servers_checksum(string header)
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(60_000, 12));
        _server.Fault = async (http, number) =>
        {
            http.Response.Headers.Append("x-goog-generation", "1");
            var value = header switch
            {
                "x-goog-hash" => "md5=" + Convert.ToBase64String(MD5.HashData(content)),
                "Content-MD5" => Convert.ToBase64String(MD5.HashData(content)),
                "Repr-Digest" => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(content))}:",
                _ => $"\"{Convert.ToHexStringLower(MD5.HashData(content))}\"",
            };
            http.Response.Headers.Append(header, value);
            http.Response.ContentLength = content.Length;
            var sent = (byte[])content.Clone();
            sent[30_000] ^= (byte)(number == 0 ? 1 : 0);
            await http.Response.Body.WriteAsync(sent);
            return true;
        };
        var result = await FetchAsync();
        Assert.True(result.Outcome == DownloadOutcome.Saved, result.Message);
        Assert.NotNull(result.Message);
        AssertWhole(content);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task Should_not_keep_what_never_has_the_servers_checksum()
    {
        _server.Serve("x.tar", FaultyServer.Noise(60_000, 13));
        _server.Fault = (http, _) =>
        {
            http.Response.Headers.Append("x-goog-hash", "crc32c=AAAAAA==");
            return Task.FromResult(false);
        };
        var result = await FetchAsync();
        Assert.Equal(DownloadOutcome.Failed, result.Outcome);
        Assert.Contains("CRC32C", result.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Should_see_that_a_body_is_shorter_than_it_should_be(bool declared)
    {
        var content = _server.Serve("x.tar", FaultyServer.Noise(60_000, 14));
        _server.Fault = async (http, number) =>
        {
            if (number > 0)
            {
                return false;
            }

            // Without a length only the checksum can tell.
            http.Response.ContentLength = declared ? content.Length : null;
            http.Response.Headers.ContentMD5 = Convert.ToBase64String(MD5.HashData(content));
            await http.Response.Body.WriteAsync(content.AsMemory(0, 40_000));
            await http.Response.Body.FlushAsync();
            if (declared)
            {
                http.Abort();
            }

            return true;
        };
        var result = await FetchAsync();
        Assert.True(result.Outcome == DownloadOutcome.Saved, result.Message);
        AssertWhole(content);
    }

    [SkippableFact]
    public async Task Should_say_that_the_disk_is_full()
    {
        Skip.IfNot(File.Exists("/dev/full"), "no /dev/full here");
        File.CreateSymbolicLink(Path + ".part", "/dev/full");
        _server.Serve("x.tar", FaultyServer.Noise(60_000, 16));
        var thrown = await Assert.ThrowsAsync<DiskFullException>(() => FetchAsync());
        Assert.Contains("Make room", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_say_beforehand_that_there_is_no_room()
    {
        _server.Fault = async (http, _) =>
        {
            http.Response.ContentLength = 1L << 60;
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        var thrown = await Assert.ThrowsAsync<DiskFullException>(() => FetchAsync());
        Assert.Contains($"{1L << 60} bytes are still to come", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_compute_the_checksums_that_others_compute()
    {
        // Check values of the algorithms' definitions.
        File.WriteAllText(Path, "123456789");
        var sums = await FileChecksums.OfAsync(Path, default);
        Assert.Equal("e3069283", sums.Crc32C);
        Assert.Equal("25f9e794323b453885f5181f1b624d0b", sums.Md5);
        Assert.Equal("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225", sums.Sha256);
    }
}
