using System.Diagnostics;
using Ism.Collectives.Nccl;

namespace Ism.Collectives.Tests.Nccl;

/// <summary>Stalls and errors of the NCCL back end, made by the STAND-IN library.</summary>
[Collection(nameof(StandIn))]
public class NcclFailureTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(900);

    [SkippableFact]
    public void Should_name_the_member_that_does_not_come_on_all_ranks_within_the_deadline()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        using var others = new CountdownEvent(3);
        var seconds = new double[4];
        var failures = NcclFixture.Run(
            4,
            group =>
            {
                Reduce(group);
                if (group.Rank == 2)
                {
                    others.Wait();
                    Reduce(group);
                    return;
                }

                var clock = Stopwatch.StartNew();
                try
                {
                    Reduce(group);
                }
                finally
                {
                    seconds[group.Rank] = clock.Elapsed.TotalSeconds;
                    others.Signal();
                }
            },
            Short);
        Assert.All(failures, failure => Assert.Equal(2, Assert.IsType<CollectiveException>(failure).Peer));
        Assert.All(seconds, waited => Assert.True(waited < 2.5 * Short.TotalSeconds, $"a rank waited {waited} s"));
        Assert.Contains(failures, failure => failure is CollectiveException { Failure: CollectiveFailure.Deadline });
        Assert.Contains("device operation #2", failures[0]!.Message);
        Assert.Contains("rank 2", failures[0]!.Message);
        StandIn.AssertClean();
    }

    [SkippableFact]
    public void Should_end_a_stall_that_is_no_members_fault()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        StandIn.Fail(1, StandInFault.Stall, at: 2);
        var clock = Stopwatch.StartNew();
        var failures = NcclFixture.Run(3, group =>
        {
            Reduce(group);
            Reduce(group);
        }, Short);
        Assert.True(clock.Elapsed < 4 * Short, $"took {clock.Elapsed}");
        Assert.All(failures, failure =>
        {
            var late = Assert.IsType<CollectiveException>(failure);
            Assert.Equal((CollectiveFailure.Deadline, null), (late.Failure, late.Peer));
            Assert.Contains("all 3 ranks are in it", late.Message);
        });
        StandIn.AssertClean();
    }

    [SkippableTheory]
    [InlineData(StandInFault.LaunchError, "unhandled cuda error")]
    [InlineData(StandInFault.AsyncError, "internal error")]
    [InlineData(StandInFault.RemoteError, "RemoteError")]
    [InlineData(StandInFault.InitError, "told to fail at init")]
    public void Should_end_on_all_ranks_when_one_has_an_error(object fault, string says)
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        StandIn.Fail(1, (StandInFault)fault, at: (StandInFault)fault == StandInFault.InitError ? 0 : 2);
        var clock = Stopwatch.StartNew();
        var failures = NcclFixture.Run(4, group =>
        {
            Reduce(group);
            Reduce(group);
        });
        Assert.True(clock.Elapsed < RingFixture.Patience / 2, $"took {clock.Elapsed}");
        Assert.All(failures, failure =>
        {
            var ended = Assert.IsType<CollectiveException>(failure);
            Assert.Equal((CollectiveFailure.Aborted, 1), (ended.Failure, ended.Peer));
            Assert.Contains("rank 1", ended.Message);
        });
        Assert.Contains(says, failures[1]!.Message);
        StandIn.AssertClean();
    }

    [SkippableFact]
    public void Should_end_the_opening_that_stalls()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        StandIn.Fail(0, StandInFault.InitStall);
        var failures = NcclFixture.Run(3, _ => Assert.Fail("was opened"), Short);
        Assert.All(failures, failure =>
        {
            Assert.Equal(CollectiveFailure.Deadline, Assert.IsType<CollectiveException>(failure).Failure);
            Assert.Contains("opening the communicator", failure.Message);
        });
        StandIn.AssertClean();
    }

    [SkippableFact]
    public void Should_end_on_all_ranks_when_a_member_is_lost()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        var clock = Stopwatch.StartNew();
        var failures = NcclFixture.Run(4, group =>
        {
            Reduce(group);
            if (group.Rank == 3)
            {
                group.Abort("this process ends");
                return;
            }

            Reduce(group);
        });
        Assert.True(clock.Elapsed < RingFixture.Patience / 2, $"took {clock.Elapsed}");
        Assert.Null(failures[3]);
        Assert.All(failures[..3], failure => Assert.Equal(3, Assert.IsType<CollectiveException>(failure).Peer));
        StandIn.AssertClean();
    }

    [SkippableFact]
    public void Should_leave_an_operation_when_another_thread_aborts()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        using var inside = new ManualResetEventSlim();
        using var left = new ManualResetEventSlim();
        NcclGroup? first = null;
        var failures = NcclFixture.Run(2, group =>
        {
            if (group.Rank == 0)
            {
                first = group;
                inside.Set();
                try
                {
                    Reduce(group);
                }
                finally
                {
                    left.Set();
                }
            }
            else
            {
                inside.Wait();
                first!.Abort("told to leave");
                left.Wait();
                Reduce(group);
            }
        });
        Assert.All(failures, failure =>
        {
            Assert.Contains("told to leave", Assert.IsType<CollectiveException>(failure).Message);
            Assert.Equal(0, ((CollectiveException)failure).Peer);
        });
        StandIn.AssertClean();
    }

    [SkippableFact]
    public void Should_say_that_ranks_call_different_things()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        var failures = NcclFixture.Run(
            2,
            group =>
            {
                using var data = new DeviceArray<float>(20);
                group.AllReduce(data.Address, 10 + group.Rank, ElementType.Float32, ReduceOp.Sum);
            },
            Short);
        Assert.All(failures, failure => Assert.IsType<CollectiveException>(failure));
        StandIn.AssertClean();
    }

    [SkippableFact]
    public void Should_form_again_under_the_next_generation_without_the_one_that_failed()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        StandIn.Fail(2, StandInFault.AsyncError, at: 1);
        Assert.All(NcclFixture.Run(3, Reduce, generation: 8), failure => Assert.IsType<CollectiveException>(failure));
        StandIn.Fail(-1, StandInFault.None);
        NcclFixture.RunAll(2, group =>
        {
            Assert.Equal((2, 9L), (group.World, group.Generation));
            Reduce(group);
        }, generation: 9);
    }

    [SkippableFact]
    public void Should_stay_failed_after_a_failure()
    {
        NcclFixture.StandInPath = StandIn.Fresh();
        StandIn.Fail(0, StandInFault.LaunchError, at: 1);
        var failures = NcclFixture.Run(2, group =>
        {
            var first = Assert.Throws<CollectiveException>(() => Reduce(group));
            var second = Assert.Throws<CollectiveException>(() => Reduce(group));
            Assert.Equal((first.Failure, first.Peer), (second.Failure, second.Peer));
            Assert.Throws<CollectiveException>(group.Barrier);
        });
        Assert.All(failures, failure => Assert.True(failure is null, failure?.ToString()));
        StandIn.AssertClean();
    }

    private static void Reduce(NcclGroup group)
    {
        using var data = new DeviceArray<float>(1000);
        data.Values.Fill(group.Rank);
        group.AllReduce(data.Address, 1000, ElementType.Float32, ReduceOp.Sum);
        Assert.Equal(group.World * (group.World - 1) / 2f, data.Values[7]);
    }
}
