using System.Globalization;

namespace Ism.Cli.Processes;

/// <summary>
/// The processes of a local cluster. They are stopped politely (SIGTERM), then hard; a second Ctrl-C stops them hard at once, and
/// when this process is killed the kernel ends them (<see cref="ParentWatch"/>). Thread-safe.
/// </summary>
public sealed class ProcessGroup : IAsyncDisposable
{
    private readonly ProgramCommand _program;
    private readonly string _logFolder;
    private readonly Action<NodeProcess, string> _onLine;
    private readonly Interruption? _interruption;
    private readonly SpawnThread _spawn = new();
    private readonly List<NodeProcess> _members = [];
    private readonly Lock _lock = new();
    private bool _stopping;

    /// <param name="workspace">Logs go to its folder logs/.</param>
    /// <param name="onLine">Called for each line that a child prints to standard output, one at a time per child.</param>
    /// <param name="interruption">Its second interrupt ends all children at once.</param>
    /// <param name="program">What is started; this program when null.</param>
    public ProcessGroup(string workspace, Action<NodeProcess, string> onLine, Interruption? interruption = null, ProgramCommand? program = null)
    {
        _program = program ?? ProgramCommand.Self();
        _logFolder = Path.Combine(workspace, "logs");
        _onLine = onLine;
        _interruption = interruption;
        if (interruption is not null)
        {
            interruption.AtOnce += Kill;
        }
    }

    /// <summary>All children started so far, also those that have ended.</summary>
    public IReadOnlyList<NodeProcess> Members
    {
        get
        {
            lock (_lock)
            {
                return [.. _members];
            }
        }
    }

    /// <summary>Starts a child with --parent-pid added to its arguments.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    /// <exception cref="InvalidOperationException">The group is being stopped.</exception>
    public NodeProcess Start(NodeStart start) => StartAsGiven(start with
    {
        Arguments = [.. start.Arguments, ParentWatch.OptionName, Environment.ProcessId.ToString(CultureInfo.InvariantCulture)],
    });

    /// <summary>Starts a child with exactly these arguments: one that knows nothing of --parent-pid.</summary>
    public NodeProcess StartAsGiven(NodeStart start)
    {
        lock (_lock)
        {
            if (_stopping)
            {
                throw new InvalidOperationException($"{start.Role}-{start.Number} is not started: the processes are being stopped");
            }

            var member = _spawn.Run(() => NodeProcess.Start(_program, start, _logFolder, _onLine));
            _members.Add(member);
            return member;
        }
    }

    /// <summary>The first child to end of those given (all that live when null).</summary>
    public async Task<NodeProcess> WaitForAnyExitAsync(IEnumerable<NodeProcess>? among = null, CancellationToken cancellation = default)
    {
        var watched = (among ?? Members).ToList();
        if (watched.Count == 0)
        {
            throw new ArgumentException("there is no process to wait for", nameof(among));
        }

        var ended = await Task.WhenAny(watched.Select(m => m.Exited)).WaitAsync(cancellation).ConfigureAwait(false);
        return watched.First(m => m.Exited == ended);
    }

    /// <summary>Asks the children to end and waits; those that have not ended after <paramref name="deadline"/> are killed.
    /// Returns the ones that had to be killed.</summary>
    /// <param name="deadline">How long they have, all together.</param>
    /// <param name="among">Only these; null: all, and no further child is started.</param>
    public async Task<IReadOnlyList<NodeProcess>> StopAsync(TimeSpan deadline, IEnumerable<NodeProcess>? among = null)
    {
        List<NodeProcess> members;
        lock (_lock)
        {
            _stopping |= among is null;
            members = [.. (among ?? _members).Where(m => !m.Exited.IsCompleted)];
        }

        members.ForEach(m => m.RequestStop());
        var all = Task.WhenAll(members.Select(m => m.Exited));
        await Task.WhenAny(all, Task.Delay(deadline)).ConfigureAwait(false);
        var late = members.Where(m => !m.Exited.IsCompleted).ToList();
        foreach (var member in late)
        {
            member.Log($"--- did not end within {deadline.TotalSeconds:0.#} s of being asked: killed");
            member.Kill();
        }

        await all.ConfigureAwait(false);
        return late;
    }

    /// <summary>Ends every child at once.</summary>
    public void Kill()
    {
        foreach (var member in Members)
        {
            member.Kill();
        }
    }

    /// <summary>Kills what still lives; call <see cref="StopAsync"/> before for an orderly end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_interruption is not null)
        {
            _interruption.AtOnce -= Kill;
        }

        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        _spawn.Dispose();
    }
}
