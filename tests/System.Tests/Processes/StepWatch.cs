namespace Ism.System.Tests.Processes;

/// <summary>Follows the steps of structure-tuning of a run.</summary>
internal sealed class StepWatch(string workspace, IsmProcess run) : IDisposable
{
    private readonly WorkspaceWatch _watch = new(workspace);

    /// <summary>The last step line so far.</summary>
    public StepLine Last => MetricsLines.LastTuning(workspace) ?? throw new InvalidOperationException($"no step yet in {workspace}");

    /// <summary>Waits for a step line that is as wanted; returns it.</summary>
    public async Task<StepLine> UntilAsync(string what, Func<StepLine, bool> wanted)
    {
        StepLine? found = null;
        await UntilAsync(what, () => MetricsLines.LastTuning(workspace) is { } last && wanted(found = last));
        return found!;
    }

    /// <summary>Waits for anything.</summary>
    public Task UntilAsync(string what, Func<bool> condition) => _watch.UntilAsync(what, condition, run, Runs.RunDeadline);

    /// <summary>Time from now, when something is done to the run, to the first step of a group that formed again; waits for it.</summary>
    public async Task<TimeSpan> RecoveryAsync(string what, Action fault)
    {
        var before = Last.Generation;
        var at = DateTimeOffset.UtcNow;
        fault();
        await UntilAsync($"a step after {what}", s => s.Generation > before);
        return MetricsLines.All(workspace).First(s => s.Generation > before && s.Time > at).Time - at;
    }

    /// <summary>Number of steps completed in a stretch of time.</summary>
    public int Between(DateTimeOffset from, DateTimeOffset to) => MetricsLines.All(workspace).Count(s => s.Time > from && s.Time < to);

    /// <summary>Number of steps that were done more than once so far.</summary>
    public int DoneAgain()
    {
        var all = MetricsLines.All(workspace);
        return all.Count - all.Select(s => s.Step).Distinct().Count();
    }

    public void Dispose() => _watch.Dispose();
}
