using Ism.Collectives;

namespace Ism.GpuTrainer.Tests.Training;

/// <summary>Ranks of a group inside this process: one thread each, connected by a TCP ring over loopback.</summary>
internal static class RanksInProcess
{
    public static void Run(int world, Action<ICollectiveGroup> body, long generation = 1)
    {
        var problems = Try(world, body, generation);
        Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
    }

    /// <summary>What each rank threw.</summary>
    public static Exception?[] Try(int world, Action<ICollectiveGroup> body, long generation = 1)
    {
        var listeners = Enumerable.Range(0, world).Select(_ => new TcpRingListener("127.0.0.1")).ToArray();
        string[] endpoints = [.. listeners.Select(listener => listener.Endpoint)];
        var name = Guid.NewGuid();
        var problems = new Exception?[world];
        var threads = Enumerable.Range(0, world).Select(rank => new Thread(() =>
        {
            try
            {
                using var group = listeners[rank].Connect(
                    new() { Group = name, Generation = generation, Rank = rank, Endpoints = endpoints }, TimeSpan.FromSeconds(30));
                body(group);
            }
            catch (Exception problem)
            {
                problems[rank] = problem;
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromMinutes(3)), "a rank did not return"));
        return problems;
    }
}
