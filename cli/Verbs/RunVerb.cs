using System.CommandLine;
using System.Diagnostics;
using Ism.Cli.Jobs;
using Ism.Cli.Processes;
using Ism.Cli.Terminal;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism run JOB.yaml`: a whole cluster of processes on this machine, from structures to a tuned model.</summary>
internal static class RunVerb
{
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
        var continues = JobWorkspace.Open(job);
        string? failure;
        await using (var display = ProgressDisplay.Create(context.Error))
        {
            display.Note($"{(continues ? "going on with" : "running")} {job.Name} in {options.Workspace}: "
                + $"{job.Cluster.Coordinators} coordinator(s), "
                + $"{job.Cluster.Featurizers} featurizer(s), {job.Cluster.Trainers} trainer(s); logs in {Path.Combine(options.Workspace, Workspace.Logs)}");
            var shown = new RunDisplay(display);
            LocalCluster? cluster = null;
            await using var processes = new ProcessGroup(job.Workspace, OnLine, context.Interruption);
            cluster = new LocalCluster(job, processes, display.Note);
            failure = await cluster.RunAsync(cancel);

            void OnLine(NodeProcess node, string line)
            {
                if (RunEvent.TryParse(line, out var happened) && happened.Kind == RunEventKind.Scale)
                {
                    cluster?.Scale(happened.Stage, (int)happened.Total);
                }
                else if (!shown.TakeLine(line))
                {
                    node.Log(line);
                }
            }
        }

        if (failure is not null)
        {
            await context.Error.WriteLineAsync($"ism: {job.Name} failed: {failure} (logs: {Path.Combine(options.Workspace, Workspace.Logs)})");
            return ExitCode.Failed;
        }

        await context.Output.WriteLineAsync($"{job.Name} is complete after {ProgressDisplay.Clock(clock.Elapsed)}");
        await context.Output.WriteLineAsync($"  model   {Path.Combine(options.Workspace, Workspace.Model)} (Hugging Face folder; `ism export` makes a fair-esm state dict)");
        await context.Output.WriteLineAsync($"  report  {Path.Combine(options.Workspace, Workspace.Report)}");
        await context.Output.WriteLineAsync($"  refused {Path.Combine(options.Workspace, Workspace.Quarantine)}");
        return ExitCode.Success;
    }
}
