using System.CommandLine;
using System.Diagnostics;
using Ism.Cli.Chaos;
using Ism.Cli.Jobs;
using Ism.Cli.Processes;
using Ism.Cli.Storage;
using Ism.Cli.Terminal;
using Ism.Cli.Verification;
using Ism.Cluster.Hosting;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism chaos JOB.yaml`: a job under faults, laid beside the same job undisturbed, and a checker over what it has left.</summary>
internal static class ChaosVerb
{
    public static Command Create(VerbContext context)
    {
        var job = new JobArguments();
        var minutes = new Option<double>("--minutes") { Description = "How long faults go on", DefaultValueFactory = _ => 3 };
        var seed = new Option<long>("--seed") { Description = "Names the sequence of faults", DefaultValueFactory = _ => 1 };
        var every = new Option<double>("--every") { Description = "Mean seconds between two faults", DefaultValueFactory = _ => 6 };
        var faults = new Option<string[]>("--faults")
        {
            Description = "kill, freeze, leave, scale, cutoff (root on Linux: real links). Without it, all that can be had here",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var tolerance = new Option<double>("--tolerance")
        {
            Description = "Largest relative difference of a step's loss that is taken for rounding",
            DefaultValueFactory = _ => RunVerifier.Tolerance,
        };
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON" };
        var command = new Command(
            "chaos",
            "Run a job while its nodes are killed, frozen, cut off, asked to leave and scaled, then prove that nothing of it was lost. "
            + "The undisturbed run and the disturbed one get folders in the job's workspace.");
        job.AddTo(command);
        foreach (var option in (Option[])[minutes, seed, every, faults, tolerance, json])
        {
            command.Add(option);
        }

        command.SetAction(async (parsed, cancel) =>
        {
            var kinds = Kinds(parsed.GetValue(faults)!);
            StoredWorkspace.RequireFolder("ism chaos", job.Load(parsed).Job.Workspace);
            var run = new ChaosRun(
                context,
                JobPaths.Resolve(job.Load(parsed).Job, Environment.CurrentDirectory),
                TimeSpan.FromMinutes(parsed.GetValue(minutes)),
                TimeSpan.FromSeconds(parsed.GetValue(every)),
                parsed.GetValue(seed),
                kinds,
                parsed.GetValue(tolerance));
            return VerifyVerb.Print(context, await run.RunAsync(cancel), parsed.GetValue(json));
        });
        return command;
    }

    private static IReadOnlyList<FaultKind> Kinds(string[] names)
    {
        if (names.Length == 0)
        {
            return [.. Enum.GetValues<FaultKind>().Where(k => k != FaultKind.CutOff || NetworkNamespaces.Problem() is null)];
        }

        var kinds = names.SelectMany(n => n.Split(',')).Select(n => Enum.TryParse<FaultKind>(n, ignoreCase: true, out var kind)
            ? kind
            : throw new UsageException($"--faults {n} is unknown; there are {string.Join(", ", Enum.GetNames<FaultKind>()).ToLowerInvariant()}")).ToList();
        return kinds.Contains(FaultKind.CutOff) && NetworkNamespaces.Problem() is { } problem
            ? throw new UsageException($"--faults cutoff: {problem}")
            : kinds;
    }

    /// <summary>The two runs and the check.</summary>
    private sealed class ChaosRun(
        VerbContext context,
        JobOptions job,
        TimeSpan time,
        TimeSpan every,
        long seed,
        IReadOnlyList<FaultKind> kinds,
        double tolerance)
    {
        private string Undisturbed => Path.Combine(job.Workspace, "undisturbed");

        private string Disturbed => Path.Combine(job.Workspace, $"chaos-{seed}");

        public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancel)
        {
            JobValidation.ThrowIfAny(JobValidation.CheckInputs(job));
            if (Directory.Exists(Disturbed))
            {
                throw new UsageException($"{Disturbed} is there from an earlier run; delete it, or choose another --seed");
            }

            await OneAsync(job with { Workspace = Undisturbed, Cluster = job.Cluster with { Coordinators = 1, Trainers = 1 } }, "undisturbed", null, null, cancel);

            // Autoencoder and codebook are those of the undisturbed run, so that both learn the same tokens.
            var disturbed = job with
            {
                Workspace = Disturbed,
                Autoencoder = job.Autoencoder with { From = Given(job.Autoencoder.From, Workspace.Autoencoder) },
                Codebook = job.Codebook with { From = Given(job.Codebook.From, Workspace.Codebook) },
            };
            var faults = 0;
            using (var links = kinds.Contains(FaultKind.CutOff) ? NetworkNamespaces.Create() : null)
            {
                await OneAsync(disturbed, $"with faults for {Figures.Clock(time)} (seed {seed})", links, async (cluster, processes, note, over) =>
                {
                    var most = new Dictionary<string, int>
                    {
                        [NodeRoles.Trainer] = job.Cluster.Trainers,
                        [NodeRoles.Featurizer] = job.Cluster.Featurizers,
                    };
                    var injector = new FaultInjector(cluster, processes, links, Path.Combine(Disturbed, ChaosPage.Log), note);
                    using var end = CancellationTokenSource.CreateLinkedTokenSource(over);
                    end.CancelAfter(time);
                    var clock = Stopwatch.StartNew();
                    await injector.RunAsync(new FaultPlan(seed, every, kinds, most), end.Token);
                    note($"chaos ends after {Figures.Clock(clock.Elapsed)} and {injector.Done} faults");
                    cluster.Scale(NodeRoles.Trainer, job.Cluster.Trainers);
                    cluster.Scale(NodeRoles.Featurizer, job.Cluster.Featurizers);
                    faults = injector.Done;
                }, cancel);
            }

            var findings = await RunVerifier.CheckAsync(Disturbed, Undisturbed, tolerance, cancel);
            var page = ChaosPage.Write(Disturbed, Undisturbed, findings);
            await context.Error.WriteLineAsync($"{faults} faults; curves laid over each other: {page}");
            return findings;
        }

        private string Given(string from, string made) => from.Length > 0 ? from : Path.Combine(Undisturbed, made);

        private async Task OneAsync(
            JobOptions one,
            string what,
            NetworkNamespaces? links,
            Func<LocalCluster, ProcessGroup, Action<string>, CancellationToken, Task>? beside,
            CancellationToken cancel)
        {
            JobWorkspace.Open(one);
            await using var display = ProgressDisplay.Create(context.Error);
            display.Note($"{one.Name} {what}: {one.Cluster.Coordinators} coordinator(s), {one.Cluster.Featurizers} featurizer(s), "
                + $"{one.Cluster.Trainers} trainer(s) in {one.Workspace}");
            var failure = await DisplayedRun.RunAsync(
                context, one, display, links, beside is null ? null : (c, p, over) => beside(c, p, display.Note, over), cancel);
            if (failure is not null)
            {
                throw new IOException($"{one.Name} {what} did not finish: {failure} (logs: {Path.Combine(one.Workspace, Workspace.Logs)})");
            }
        }
    }
}
