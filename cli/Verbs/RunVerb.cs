using System.CommandLine;
using System.Diagnostics;
using Ism.Cli.Jobs;
using Ism.Cli.Processes;
using Ism.Cli.Storage;
using Ism.Cli.Terminal;
using Ism.Cluster.Hosting;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism run JOB.yaml`: a whole cluster of processes on this machine, from structures to a tuned model.</summary>
internal static class RunVerb
{
    private static readonly TimeSpan CheckpointPatience = TimeSpan.FromSeconds(90);

    public static Command Create(VerbContext context)
    {
        var job = new JobArguments();
        var featurizers = new Option<int?>("--featurizers") { Description = "Featurizer processes (cluster.featurizers)", HelpName = "N" };
        var coordinators = new Option<int?>("--coordinators")
        {
            Description = "Coordinator processes: one drives the job, the others stand by (cluster.coordinators)",
            HelpName = "N",
        };
        var trainers = new Option<int?>("--trainers") { Description = "Trainer processes (cluster.trainers)", HelpName = "N" };
        var command = new Command(
            "run", "Run a job on this machine with a coordinator, featurizers and trainers, each a process. Run again, it goes on.");
        job.AddTo(command);
        command.Add(coordinators);
        command.Add(featurizers);
        command.Add(trainers);
        command.SetAction((parsed, cancel) =>
        {
            var options = job.Load(parsed).Job;
            options = options with
            {
                Cluster = options.Cluster with
                {
                    Coordinators = Inputs.AtLeastOne("--coordinators", parsed.GetValue(coordinators) ?? options.Cluster.Coordinators),
                    Featurizers = Inputs.AtLeastOne("--featurizers", parsed.GetValue(featurizers) ?? options.Cluster.Featurizers),
                    Trainers = Inputs.AtLeastOne("--trainers", parsed.GetValue(trainers) ?? options.Cluster.Trainers),
                },
            };
            return RunAsync(context, options, cancel);
        });
        return command;
    }

    /// <summary>Runs a job, or goes on with it.</summary>
    internal static async Task<int> RunAsync(VerbContext context, JobOptions options, CancellationToken cancel)
    {
        var job = JobPaths.Resolve(options, Environment.CurrentDirectory);
        JobValidation.ThrowIfAny(JobValidation.CheckInputs(job));
        var clock = Stopwatch.StartNew();
        var folder = StoredWorkspace.FolderOf(job.Workspace);
        using var alone = FolderLock.Take(folder, "`ism run`");
        var continues = StoredWorkspace.Is(job.Workspace)
            ? StoredWorkspace.Begin(job, text => context.Error.WriteLine($"ism: {text}")) : JobWorkspace.Open(job);
        string? failure;
        await using (var display = ProgressDisplay.Create(context.Error))
        {
            display.Note($"{(continues ? "going on with" : "running")} {job.Name} in {options.Workspace}: "
                + $"{job.Cluster.Coordinators} coordinator(s), "
                + $"{job.Cluster.Featurizers} featurizer(s), {job.Cluster.Trainers} trainer(s); logs in {Logs(options)}");
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            new ApiRecords(folder).Clear();
            var address = ServeVerb.SayAddressAsync(folder, display.Note, stop.Token);
            await using var checkpoint = context.Interruption.CheckpointFirst.Register(() => _ = KeepThenStopAsync(job, display.Note, stop));
            try
            {
                failure = await DisplayedRun.RunAsync(context, job, display, null, null, stop.Token);
            }
            catch (OperationCanceledException) when (context.Interruption.CheckpointFirst.IsCancellationRequested && !cancel.IsCancellationRequested)
            {
                failure = "stopped as asked; the same command goes on";
            }

            await stop.CancelAsync();
            await address;
        }

        if (failure is not null)
        {
            await context.Error.WriteLineAsync($"ism: {job.Name} did not finish: {failure} (logs: {Logs(options)})");
            return ExitCode.Failed;
        }

        await context.Output.WriteLineAsync($"{job.Name} is complete after {Figures.Clock(clock.Elapsed)}");
        await context.Output.WriteLineAsync($"  model   {Path.Combine(options.Workspace, Workspace.Model)} (Hugging Face folder; `ism export` makes a fair-esm state dict)");
        await context.Output.WriteLineAsync($"  report  {Path.Combine(options.Workspace, Workspace.Report)}");
        await context.Output.WriteLineAsync($"  refused {Path.Combine(options.Workspace, Workspace.Quarantine)}");
        return ExitCode.Success;
    }

    // Logs are this machine's.
    private static string Logs(JobOptions options) => Path.Combine(
        StoredWorkspace.Is(options.Workspace) ? StoredWorkspace.FolderOf(options.Workspace) : options.Workspace, Workspace.Logs);

    private static async Task KeepThenStopAsync(JobOptions job, Action<string> note, CancellationTokenSource stop)
    {
        try
        {
            var command = new JobCommand(JobCommandKind.Checkpoint, "", 0, "ism run");
            note((await ControlClient.AskAsync(StoredWorkspace.FolderOf(job.Workspace), command, CheckpointPatience, stop.Token)).Message);
            if (await SlurmRequeue.TryAsync(stop.Token) is { } queued)
            {
                note(queued);
            }
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            note($"no checkpoint was written: {e.Message}");
        }

        await stop.CancelAsync();
    }
}
