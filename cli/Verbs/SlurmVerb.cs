using System.CommandLine;
using Ism.Cli.Jobs;
using Ism.Cli.Processes;
using Ism.Cli.Slurm;
using Ism.Cli.Storage;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism slurm JOB.yaml`: a job on a cluster with Slurm.</summary>
internal static class SlurmVerb
{
    public static Command Create(VerbContext context)
    {
        var job = new JobArguments();
        var plan = new SlurmArguments();
        var folder = new Option<string?>("--out")
        {
            Description = "Folder of the scripts; slurm/ in the workspace when left out",
            HelpName = "FOLDER",
        };
        var submit = new Option<bool>("--submit") { Description = "Submit them with sbatch" };
        var keep = new Option<bool>("--keep")
        {
            Description = "Take the scripts as they are in the folder, e.g. after an edit, instead of writing them",
        };
        var command = new Command(
            "slurm",
            "Write batch scripts for a cluster with Slurm, and submit them: coordinators, trainers (one rank a GPU), and featurizers as an array "
            + "that `ism scale featurizers N` grows and shrinks. Submitted again, a job goes on.");
        job.AddTo(command);
        plan.AddTo(command);
        command.Add(folder);
        command.Add(submit);
        command.Add(keep);
        command.SetAction(async (parsed, cancel) =>
        {
            var file = job.Load(parsed).Job;
            var laid = plan.Read(parsed, file.Cluster.Featurizers);
            return await RunAsync(
                context, file, laid, parsed.GetValue(folder), parsed.GetValue(submit), parsed.GetValue(keep), new SlurmCommands(), cancel);
        });
        return command;
    }

    /// <summary>Does it.</summary>
    internal static async Task<int> RunAsync(
        VerbContext context, JobOptions file, SlurmPlan plan, string? folder, bool submit, bool keep, SlurmCommands commands,
        CancellationToken cancel)
    {
        StoredWorkspace.RequireFolder("ism slurm", file.Workspace);
        var program = ProgramCommand.Self();
        foreach (var warning in SlurmPaths.Warnings(file.Workspace, Environment.CurrentDirectory, program))
        {
            await context.Error.WriteLineAsync($"warning: {warning}");
        }

        var job = JobPaths.Resolve(
            file with
            {
                Cluster = file.Cluster with { Coordinators = plan.Standbys + 1, Trainers = plan.Ranks, Featurizers = plan.Featurizers },
            },
            Environment.CurrentDirectory);
        JobValidation.ThrowIfAny([.. JobValidation.Check(job), .. JobValidation.CheckInputs(job)]);
        var scripts = Path.GetFullPath(folder ?? Path.Combine(job.Workspace, SlurmRecord.Folder));
        if (keep)
        {
            foreach (var name in SlurmScripts.Names)
            {
                Inputs.ExistingFile("--keep", Path.Combine(scripts, name));
            }
        }
        else
        {
            new SlurmScripts(plan, job.Name, job.Workspace, scripts, program, Environment.GetEnvironmentVariable("DOTNET_ROOT")).Write();
        }

        JobWorkspace.Open(job);
        WorkspaceCertificates.Ensure(job.Workspace);
        await context.Error.WriteLineAsync($"{string.Join(", ", SlurmScripts.Names)} {(keep ? "are" : "written")} in {scripts}");
        if (!submit)
        {
            await context.Error.WriteLineAsync(
                "look at them; the same command with --submit submits them, and with --keep as well takes them as you left them");
            return ExitCode.Success;
        }

        await new SlurmSubmission(commands, plan, job.Workspace, scripts).RunAsync(context.Output.WriteLine, cancel);
        await context.Error.WriteLineAsync($"submitted; squeue --me shows the jobs, {SlurmScripts.Logs(job.Workspace)} what they say, "
            + $"`ism status --workspace {job.Workspace}` where the job stands once it runs");
        return ExitCode.Success;
    }
}
