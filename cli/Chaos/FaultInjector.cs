using System.Globalization;
using System.Text.Json;
using Ism.Cli.Processes;

namespace Ism.Cli.Chaos;

/// <summary>Does what a <see cref="FaultPlan"/> says to the processes of a local cluster, and writes down what it did.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="processes">Its processes.</param>
/// <param name="links">Their links, or null where none can be cut.</param>
/// <param name="log">File that gets one JSON object for each thing done.</param>
/// <param name="say">Takes a line for a person.</param>
public sealed class FaultInjector(LocalCluster cluster, ProcessGroup processes, NetworkNamespaces? links, string log, Action<string> say)
{
    private const int Stop = 19;
    private const int Continue = 18;
    private const int Terminate = 15;
    private readonly List<Task> _held = [];
    private readonly HashSet<string> _busy = [];
    private readonly Lock _lock = new();

    /// <summary>Things done so far.</summary>
    public int Done { get; private set; }

    /// <summary>Goes through the plan until told to stop; then everything that was frozen or cut goes on.</summary>
    public async Task RunAsync(FaultPlan plan, CancellationToken stop)
    {
        try
        {
            foreach (var fault in plan.Faults())
            {
                await Task.Delay(fault.After, stop);
                Strike(fault, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The time of faults is over.
        }

        await Task.WhenAll(_held);
    }

    private void Strike(Fault fault, CancellationToken stop)
    {
        if (fault.Kind == FaultKind.Scale)
        {
            Note(fault, $"{fault.Role}s", string.Create(CultureInfo.InvariantCulture, $"{fault.Count} of them"), 0);
            cluster.Scale(fault.Role, fault.Count);
            return;
        }

        NodeProcess victim;
        lock (_lock)
        {
            var living = processes.Members.Where(m => m.Role == fault.Role && !m.Exited.IsCompleted && !_busy.Contains(m.Name)).ToList();
            if (living.Count == 0)
            {
                return;
            }

            victim = living[(int)(fault.Pick * living.Count)];
        }

        switch (fault.Kind)
        {
            case FaultKind.Kill:
                Note(fault, victim.Name, "", victim.Pid);
                victim.Kill();
                break;
            case FaultKind.Leave:
                Note(fault, victim.Name, "", victim.Pid);
                ParentWatch.Signal(victim.Pid, Terminate);
                break;
            case FaultKind.Freeze:
                Hold(fault, victim, () => ParentWatch.Signal(victim.Pid, Stop), () => ParentWatch.Signal(victim.Pid, Continue), stop);
                break;
            case FaultKind.CutOff when links is not null:
                Hold(fault, victim, () => links.SetLink(victim.Name, false), () => links.SetLink(victim.Name, true), stop);
                break;
            default:
                throw new InvalidOperationException($"{fault.Kind} cannot be done here");
        }
    }

    private void Hold(Fault fault, NodeProcess victim, Action begin, Action end, CancellationToken stop)
    {
        Note(fault, victim.Name, string.Create(CultureInfo.InvariantCulture, $"for {fault.Hold.TotalSeconds:F0} s"), victim.Pid);
        lock (_lock)
        {
            _busy.Add(victim.Name);
        }

        begin();
        _held.Add(EndAsync());

        async Task EndAsync()
        {
            await Task.Delay(fault.Hold, stop).ContinueWith(_ => { }, TaskScheduler.Default);
            end();
            lock (_lock)
            {
                _busy.Remove(victim.Name);
            }
        }
    }

    private void Note(Fault fault, string whom, string how, int pid)
    {
        Done++;
        say($"chaos {Done}: {fault.Kind.ToString().ToLowerInvariant()} {whom} {how}".TrimEnd());
        File.AppendAllText(log, JsonSerializer.Serialize(new
        {
            number = Done,
            fault = fault.Kind.ToString().ToLowerInvariant(),
            whom,
            hold = fault.Kind is FaultKind.Freeze or FaultKind.CutOff ? fault.Hold.TotalSeconds : 0,
            count = fault.Kind == FaultKind.Scale ? fault.Count : 0,
            pid,
            time = DateTimeOffset.UtcNow,
        }) + "\n");
    }
}
