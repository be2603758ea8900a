using System.Diagnostics;

namespace Ism.Collectives.Tests;

public class TcpRingFailureTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(800);

    [Fact]
    public void Should_end_on_all_ranks_when_a_member_is_lost()
    {
        var clock = Stopwatch.StartNew();
        var failures = RingFixture.Run(4, group =>
        {
            group.Barrier();
            if (group.Rank == 2)
            {
                group.Dispose();
                return;
            }

            group.AllReduce<float>(new float[3_000_000]);
        });
        Assert.True(clock.Elapsed < RingFixture.Patience / 2, $"took {clock.Elapsed}");
        Assert.Null(failures[2]);
        foreach (var rank in (int[])[0, 1, 3])
        {
            var failure = Assert.IsType<CollectiveException>(failures[rank]);
            Assert.Equal((2, 3L, rank), (failure.Peer, failure.Generation, failure.Rank));
            Assert.Contains("rank 2", failure.Message);
            Assert.Contains("generation 3", failure.Message);
            Assert.Contains("AllReduce #2", failure.Message);
        }
    }

    [Fact]
    public void Should_name_the_member_that_stalls_on_all_ranks_within_the_deadline()
    {
        using var others = new CountdownEvent(4);
        var clock = Stopwatch.StartNew();
        var failures = RingFixture.Run(
            5,
            group =>
            {
                if (group.Rank == 3)
                {
                    others.Wait();
                    group.AllReduce<double>(new double[50]);
                    return;
                }

                try
                {
                    group.AllReduce<double>(new double[50]);
                }
                finally
                {
                    others.Signal();
                }
            },
            Short);
        Assert.True(clock.Elapsed < Short * 6, $"took {clock.Elapsed}");
        Assert.All(failures, failure =>
        {
            var late = Assert.IsType<CollectiveException>(failure);
            Assert.Equal(3, late.Peer);
            Assert.Contains("0.8 s", late.Message);
        });
        Assert.Contains(failures, failure => ((CollectiveException)failure!).Failure == CollectiveFailure.Deadline);
    }

    [Fact]
    public void Should_end_every_rank_when_one_aborts()
    {
        var failures = RingFixture.Run(3, group =>
        {
            if (group.Rank == 1)
            {
                group.Abort("the disk is full");
            }

            group.AllReduce<double>(new double[50]);
        });
        Assert.All(failures, failure =>
        {
            var aborted = Assert.IsType<CollectiveException>(failure);
            Assert.Contains("rank 1", aborted.Message);
        });
        Assert.All(failures.Where((_, rank) => rank != 1), failure => Assert.Contains("the disk is full", failure!.Message));
    }

    [Fact]
    public void Should_leave_an_operation_when_another_thread_aborts()
    {
        var members = RingFixture.Join(2, RingFixture.Patience);
        using var inside = new ManualResetEventSlim();
        var failures = RingFixture.OnThreads(3, rank =>
        {
            if (rank == 2)
            {
                inside.Wait();
                members[0].Abort("told to leave");
            }
            else if (rank == 0)
            {
                inside.Set();
                members[0].Barrier();
            }
        });
        Assert.Contains("told to leave", Assert.IsType<CollectiveException>(failures[0]).Message);
        var peer = Assert.Throws<CollectiveException>(members[1].Barrier);
        Assert.Equal((CollectiveFailure.Aborted, 0), (peer.Failure, peer.Peer));
        Assert.Throws<CollectiveException>(members[1].Barrier);
        Array.ForEach(members, member => member.Dispose());
    }

    [Fact]
    public void Should_say_who_calls_what_when_ranks_differ()
    {
        var failures = RingFixture.Run(3, group => group.AllReduce<double>(new double[group.Rank == 0 ? 10 : 11]));
        Assert.All(failures, failure => Assert.IsType<CollectiveException>(failure));
        Assert.Contains(failures, failure => ((CollectiveException)failure!).Failure == CollectiveFailure.Mismatch
            && failure.Message.Contains("of 10 Float64") && failure.Message.Contains("of 11 Float64"));
    }

    [Fact]
    public void Should_serve_one_member_without_connections_and_still_abort()
    {
        using var listener = new TcpRingListener("127.0.0.1");
        using var group = listener.Connect(
            new() { Group = Guid.Empty, Generation = 9, Rank = 0, Endpoints = [listener.Endpoint] }, Short);
        double[] data = [1, 2];
        group.AllReduce<double>(data);
        Assert.Equal([1, 2], data);
        Assert.Equal((1, 9L), (group.World, group.Generation));
        group.Abort("enough");
        Assert.Contains("enough", Assert.Throws<CollectiveException>(group.Barrier).Message);
    }
}
