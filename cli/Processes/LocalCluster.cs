using System.Globalization;
using System.Threading.Channels;
using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;

namespace Ism.Cli.Processes;

/// <summary>
/// A whole cluster of processes on this machine: coordinators, featurizers and trainers. A process that dies is started
/// again, and more or fewer are run when a job asks for it; the job goes on meanwhile.
/// </summary>
public sealed class LocalCluster(LocalPlan plan, ProcessGroup processes, Action<string> note, INodePlacement? placement = null)
{
    // Who fails at once, fails again: a setting, a missing file. Who is killed, or crashes over a structure, is worth more tries.
    private const int MostEarlyFailures = 3;
    private const int MostEarlyDeaths = 20;
    private const int Signalled = 128;
    private static readonly TimeSpan EarlyDeath = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(20);
    private readonly Dictionary<string, (DateTime Started, int EarlyDeaths)> _lives = [];
    private readonly Channel<(string Role, int Count)> _scale = Channel.CreateUnbounded<(string, int)>();
    private readonly List<NodeProcess> _members = [];
    private IReadOnlyList<NodeProcess> _first = [];
    private readonly Dictionary<string, int> _wanted = new()
    {
        [NodeRoles.Coordinator] = plan.Cluster.Coordinators,
        [NodeRoles.Featurizer] = plan.Cluster.Featurizers,
        [NodeRoles.Trainer] = plan.Cluster.Trainers,
    };

    /// <summary>What a node of a role is given in its environment, with so many compute threads.</summary>
    internal static Dictionary<string, string> EnvironmentOf(string role, int threads)
    {
        var environment = new Dictionary<string, string>();
        if (role != NodeRoles.Coordinator)
        {
            environment["OMP_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
            environment["MKL_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
            // Returning memory to the kernel after every step costs a third of a training step on CPUs.
            environment["MALLOC_MMAP_THRESHOLD_"] = "1073741824";
            environment["MALLOC_TRIM_THRESHOLD_"] = "4294967296";
            environment["MALLOC_TOP_PAD_"] = "67108864";
        }

        return environment;
    }

    /// <summary>Runs another number of nodes of a role from now on. Any thread.</summary>
    public void Scale(string role, int count) => _scale.Writer.TryWrite((role, count));

    /// <summary>Starts all nodes and returns when the job is over: null when it is complete, else why not.</summary>
    /// <exception cref="IOException">A process cannot be started.</exception>
    public async Task<string?> RunAsync(CancellationToken cancel)
    {
        plan.Prepare();
        try
        {
            foreach (var role in _wanted.Keys)
            {
                Fill(role);
            }

            _first = [.. _members];
            while (true)
            {
                var exit = processes.WaitForAnyExitAsync(_members, cancel);
                var scale = _scale.Reader.WaitToReadAsync(cancel).AsTask();
                await await Task.WhenAny(exit, scale);
                while (_scale.Reader.TryRead(out var wanted))
                {
                    await ScaleAsync(wanted.Role, wanted.Count);
                }

                if (exit.IsCompletedSuccessfully && TakeLeave(await exit) is { } end)
                {
                    return end.Error;
                }
            }
        }
        finally
        {
            await processes.StopAsync(StopDeadline);
        }
    }

    // Null while the job goes on.
    private EndedMarker? TakeLeave(NodeProcess ended)
    {
        _members.Remove(ended);
        if (plan.Ended() is { } over)
        {
            return over;
        }

        if (ended.Number >= _wanted[ended.Role])
        {
            return null;
        }

        var (started, early) = _lives[ended.Name];
        if (ended.Exited.Result == ExitCode.BadUsage && _first.Contains(ended))
        {
            // A port that is taken, certificates that do not fit: nothing that another try would mend.
            return new EndedMarker($"{ended.Name} cannot be started: {ended.LastWords()}", DateTimeOffset.UtcNow);
        }

        if (ended.Exited.Result != 0)
        {
            note(ended.DescribeEnd());
        }

        early = DateTime.UtcNow - started < EarlyDeath ? early + 1 : 0;
        _lives[ended.Name] = (started, early);
        if (early >= (ended.Exited.Result > Signalled ? MostEarlyDeaths : MostEarlyFailures))
        {
            note($"{ended.Name} has died {early} times soon after it was started, and is not started again");
            return _members.Exists(m => m.Role == ended.Role) || ended.Role == NodeRoles.Featurizer
                ? null
                : new EndedMarker($"no {ended.Role} stays alive: {ended.Name} {NodeProcess.DescribeCode(ended.Exited.Result)}", DateTimeOffset.UtcNow);
        }

        note(ended.Exited.Result == 0 ? $"{ended.Name} has left and is started again" : $"{ended.Name} is started again");
        Start(ended.Role, ended.Number);
        return null;
    }

    private async Task ScaleAsync(string role, int count)
    {
        if (count == _wanted[role])
        {
            return;
        }

        note($"{role}s: {_wanted[role]} → {count}");
        _wanted[role] = count;
        Fill(role);
        await processes.StopAsync(StopDeadline, [.. _members.Where(m => m.Role == role && m.Number >= count)]);
    }

    private void Fill(string role)
    {
        for (var number = 0; number < _wanted[role]; number++)
        {
            if (!_members.Exists(m => m.Role == role && m.Number == number))
            {
                Start(role, number);
            }
        }
    }

    private void Start(string role, int number)
    {
        var threads = role == NodeRoles.Trainer ? plan.Cluster.ThreadsPerTrainer : plan.Cluster.ThreadsPerFeaturizer;
        _members.Add(Start(role, number, threads));
        var name = _members[^1].Name;
        _lives[name] = (DateTime.UtcNow, _lives.GetValueOrDefault(name).EarlyDeaths);
    }

    private NodeProcess Start(string role, int number, int threads)
    {
        var count = role == NodeRoles.Trainer ? plan.Cluster.Trainers : Math.Max(1, plan.Cluster.Featurizers);
        // Featurizers and trainers take turns at being busy, so each role is given the whole machine.
        var share = threads > 0 ? threads : Math.Max(1, Environment.ProcessorCount / count);
        var start = new NodeStart(role, number, plan.Arguments(role, number), EnvironmentOf(role, share));
        // Said aloud, because under Slurm a node takes the address that other machines reach.
        return processes.Start(placement is null ? start with { Arguments = [.. start.Arguments, "--host", "127.0.0.1"] } : placement.Place(start));
    }
}
