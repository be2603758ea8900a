using System.Net;
using System.Net.Sockets;

namespace Ism.Collectives.Tests;

public class TcpRingJoinTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(600);
    private static readonly Guid Group = Guid.Parse("7c1f9a52-0c1e-4a55-9d4e-2f5f6f0f3a11");

    [Fact]
    public void Should_refuse_a_member_of_another_generation_and_say_both()
    {
        var listeners = Enumerable.Range(0, 2).Select(_ => new TcpRingListener("127.0.0.1")).ToArray();
        string[] endpoints = [.. listeners.Select(listener => listener.Endpoint)];
        var failures = RingFixture.OnThreads(2, rank => listeners[rank].Connect(
            new() { Group = Group, Generation = 7 - rank, Rank = rank, Endpoints = endpoints }, Short));
        var stale = Assert.IsType<CollectiveException>(failures[1]);
        Assert.Contains(failures, failure => failure is CollectiveException { Failure: CollectiveFailure.Refused } refused
            && refused.Message.Contains("OtherGeneration"));
        Assert.Contains("generation 6", stale.Message);
    }

    [Fact]
    public void Should_join_in_spite_of_strangers_and_stale_members()
    {
        var listeners = Enumerable.Range(0, 3).Select(_ => new TcpRingListener("127.0.0.1")).ToArray();
        string[] endpoints = [.. listeners.Select(listener => listener.Endpoint)];
        using var silent = Stranger(endpoints[0], []);
        using var http = Stranger(endpoints[0], "GET / HTTP/1.1\r\nHost: here\r\nAccept: text/html, */*\r\n\r\n"u8.ToArray());
        var members = new ICollectiveGroup?[3];
        using var staleDone = new ManualResetEventSlim();
        var failures = RingFixture.OnThreads(4, rank =>
        {
            if (rank == 3)
            {
                // Stands where rank 2 does, one generation ago, and dials rank 0.
                using var old = new TcpRingListener("127.0.0.1");
                try
                {
                    old.Connect(new() { Group = Group, Generation = 1, Rank = 2, Endpoints = endpoints }, Short);
                }
                finally
                {
                    staleDone.Set();
                }
            }
            else
            {
                if (rank == 2)
                {
                    staleDone.Wait();
                }

                members[rank] = listeners[rank].Connect(
                    new() { Group = Group, Generation = 2, Rank = rank, Endpoints = endpoints }, RingFixture.Patience);
                long[] sum = [rank];
                members[rank]!.AllReduce<long>(sum);
                Assert.Equal(3, sum[0]);
            }
        });
        Assert.IsType<CollectiveException>(failures[3]);
        Assert.All(failures[..3], failure => Assert.True(failure is null, failure?.ToString()));
        Array.ForEach(members, member => member?.Dispose());
    }

    [Fact]
    public void Should_name_the_member_that_does_not_come()
    {
        using var absent = new TcpRingListener("127.0.0.1");
        using var present = new TcpRingListener("127.0.0.1");
        var failure = Assert.Throws<CollectiveException>(() => present.Connect(
            new() { Group = Group, Generation = 4, Rank = 0, Endpoints = [present.Endpoint, absent.Endpoint] }, Short));
        Assert.Equal((CollectiveFailure.Deadline, 1), (failure.Failure, failure.Peer));
        Assert.Contains(absent.Endpoint, failure.Message);
    }

    [Fact]
    public void Should_stop_joining_when_cancelled()
    {
        using var absent = new TcpRingListener("127.0.0.1");
        using var present = new TcpRingListener("127.0.0.1");
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        Assert.Throws<OperationCanceledException>(() => present.Connect(
            new() { Group = Group, Generation = 4, Rank = 0, Endpoints = [present.Endpoint, absent.Endpoint] },
            RingFixture.Patience, cancel.Token));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void Should_refuse_a_rank_outside_the_ring(int rank)
    {
        using var listener = new TcpRingListener("127.0.0.1");
        Assert.Throws<ArgumentException>(() => listener.Connect(
            new() { Group = Group, Generation = 1, Rank = rank, Endpoints = ["a:1", "b:2"] }, Short));
    }

    private static Socket Stranger(string endpoint, byte[] says)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPEndPoint.Parse(endpoint));
        socket.Send(says);
        return socket;
    }
}
