using System.Diagnostics;
using Ism.Cli.Jobs;
using Ism.Cli.Verbs;
using Ism.Coordinator.Api;

namespace Ism.Cli.Studies;

/// <summary>Does the runs of a study one after the other. Run again, it goes on where it was.</summary>
internal static class StudyRunner
{
    /// <summary>Does what is not done.</summary>
    /// <returns>The exit code: that of the first run that did not finish.</returns>
    /// <exception cref="UsageException">A run's workspace holds another job.</exception>
    public static async Task<int> RunAsync(VerbContext context, IReadOnlyList<StudyRun> runs, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var (done, here) = (0, 0);
        foreach (var run in runs)
        {
            done++;
            if (run.IsDone)
            {
                _ = JobWorkspace.Open(run.Job);
                await context.Error.WriteLineAsync($"run {done} of {runs.Count}: {run.Name} is done");
                continue;
            }

            var left = here == 0 ? "" : $", about {Figures.Clock(clock.Elapsed / here * (runs.Count - done + 1))} left for all";
            await context.Error.WriteLineAsync($"run {done} of {runs.Count}: {run.Name}{(run.Arm is { } arm ? $" ({arm.Title})" : "")}{left}");
            var code = await RunVerb.RunAsync(context, run.Job, cancel);
            if (code != ExitCode.Success)
            {
                await context.Error.WriteLineAsync($"ism: the study stops at {run.Name}; the same command goes on with it");
                return code;
            }

            here++;
        }

        return ExitCode.Success;
    }
}
