using System.Threading.Channels;

namespace Ism.System.Tests.Processes;

/// <summary>Waits for something to become true of a workspace: looks after each change of a file in it.</summary>
internal sealed class WorkspaceWatch : IDisposable
{
    // A change in a folder that was made a moment ago may go unnoticed; then the next look sees it.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private readonly FileSystemWatcher _watcher;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public WorkspaceWatch(string workspace)
    {
        Directory.CreateDirectory(workspace);
        _watcher = new FileSystemWatcher(workspace) { IncludeSubdirectories = true };
        _watcher.Created += (_, _) => _changes.Writer.TryWrite(true);
        _watcher.Changed += (_, _) => _changes.Writer.TryWrite(true);
        _watcher.Renamed += (_, _) => _changes.Writer.TryWrite(true);
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Waits while <paramref name="run"/> lives; fails when it ends first or time is over.</summary>
    public async Task UntilAsync(string what, Func<bool> condition, IsmProcess run, TimeSpan deadline)
    {
        using var over = new CancellationTokenSource(deadline);
        while (!condition())
        {
            Assert.False(run.HasExited, $"the run ended before {what}:\n{run.Output}");
            Assert.False(over.IsCancellationRequested, $"no {what} within {deadline.TotalSeconds:F0} s:\n{run.Output}");
            await ChangeAsync(over.Token);
        }
    }

    /// <summary>Waits for a change, a second at most.</summary>
    public async Task ChangeAsync(CancellationToken over)
    {
        using var look = CancellationTokenSource.CreateLinkedTokenSource(over);
        look.CancelAfter(LookAgain);
        try
        {
            await _changes.Reader.ReadAsync(look.Token);
        }
        catch (OperationCanceledException)
        {
            // Time to look, or over: the caller sees which.
        }
    }

    public void Dispose() => _watcher.Dispose();
}
