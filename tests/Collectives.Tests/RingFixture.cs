namespace Ism.Collectives.Tests;

/// <summary>A whole ring inside one process: each rank on a thread of its own, over loopback.</summary>
internal static class RingFixture
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Connects <paramref name="world"/> ranks and runs <paramref name="body"/> on each; what a rank throws is its
    /// result.</summary>
    public static Exception?[] Run(int world, Action<ICollectiveGroup> body, TimeSpan? deadline = null)
    {
        var members = Join(world, deadline ?? Patience);
        try
        {
            return OnThreads(world, rank => body(members[rank]));
        }
        finally
        {
            foreach (var member in members)
            {
                member.Dispose();
            }
        }
    }

    /// <summary>As <see cref="Run"/>, where no rank may throw.</summary>
    public static void RunAll(int world, Action<ICollectiveGroup> body)
    {
        var failed = Run(world, body).FirstOrDefault(problem => problem is not null);
        Assert.True(failed is null, failed?.ToString());
    }

    public static ICollectiveGroup[] Join(int world, TimeSpan deadline, long generation = 3)
    {
        var listeners = Enumerable.Range(0, world).Select(_ => new TcpRingListener("127.0.0.1")).ToArray();
        var endpoints = listeners.Select(listener => listener.Endpoint).ToArray();
        var members = new ICollectiveGroup[world];
        var group = Guid.NewGuid();
        var problems = OnThreads(world, rank => members[rank] = listeners[rank].Connect(
            new() { Group = group, Generation = generation, Rank = rank, Endpoints = endpoints }, deadline));
        Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
        return members;
    }

    public static Exception?[] OnThreads(int world, Action<int> body)
    {
        var problems = new Exception?[world];
        var threads = Enumerable.Range(0, world).Select(rank => new Thread(() =>
        {
            try
            {
                body(rank);
            }
            catch (Exception problem)
            {
                problems[rank] = problem;
            }
        })).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "a rank did not return");
        }

        return problems;
    }
}
