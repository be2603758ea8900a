using System.Collections.Concurrent;
using Ism.Collectives;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Stages;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>One rank of this process: a training thread with a line runtime.</summary>
internal sealed class ThreadRank : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private readonly GenerationStage _stage;
    private readonly BlockingCollection<object> _told = [];

    public ThreadRank(string name, GenerationStage stage, Action<ThreadRank, LineRuntime>? configure = null)
    {
        (Name, _stage) = (name, stage);
        Thread = new TrainerThread(
            stage.Job,
            s =>
            {
                Runtime = new LineRuntime(s);
                configure?.Invoke(this, Runtime);
                return Runtime;
            },
            _told.Add);
    }

    public string Name { get; }

    public TrainerThread Thread { get; }

    public LineRuntime Runtime { get; private set; } = null!;

    /// <summary>How it fetches.</summary>
    public Func<FetchPlan, StepBuffer, IDisposable> Fetch { get; set; } = GenerationStage.Fetch;

    /// <summary>Lines of its log.</summary>
    public ConcurrentQueue<string> Log { get; } = [];

    /// <summary>What the loop reported to the group.</summary>
    public ConcurrentQueue<object> Reports { get; } = [];

    /// <summary>Prepares and starts a generation on these ranks, waits for its end, and returns how it ended on each.</summary>
    public static TrainerThread.Ended[] Run(long generation, bool livingState, params ThreadRank[] ranks)
    {
        var listeners = ranks.Select(_ => new TcpRingListener("127.0.0.1")).ToArray();
        var group = Guid.NewGuid();
        foreach (var rank in ranks)
        {
            Assert.Null(rank.Prepare(generation, livingState).Error);
        }

        for (var i = 0; i < ranks.Length; i++)
        {
            var rank = ranks[i];
            var host = new StageLoopHost(rank._stage.Job, rank._stage.Workspace, rank.Fetch, rank.Reports.Enqueue, rank.Log.Enqueue);
            var membership = new RingMembership
            {
                Group = group,
                Generation = generation,
                Rank = i,
                Endpoints = [.. listeners.Select(l => l.Endpoint)],
            };
            rank.Thread.Start(host, listeners[i], membership, [.. ranks.Select(r => r.Name)]);
        }

        return [.. ranks.Select(r => r.Next<TrainerThread.Ended>())];
    }

    public TrainerThread.Ready Prepare(long generation, bool livingState)
    {
        Thread.Prepare(generation, _stage.Stage, livingState, _ => { });
        return Next<TrainerThread.Ready>();
    }

    public void Dispose() => Thread.Dispose();

    private T Next<T>()
    {
        Assert.True(_told.TryTake(out var told, Soon), $"{Name} said nothing for {Soon.TotalSeconds} s");
        return Assert.IsType<T>(told);
    }
}
