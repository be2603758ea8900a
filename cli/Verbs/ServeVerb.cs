using System.CommandLine;
using Ism.Cli.Processes;
using Ism.Cli.Terminal;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism serve --home FOLDER`: a standing cluster of processes on this machine, which works on the jobs submitted to it.</summary>
internal static class ServeVerb
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.3);

    public static Command Create(VerbContext context)
    {
        var home = new Option<string>("--home")
        {
            Description = "Folder of the cluster and its jobs",
            HelpName = "FOLDER",
            DefaultValueFactory = _ => "ism-home",
        };
        var api = new Option<string>("--api")
        {
            Description = "Where the first coordinator serves the HTTP API; port 0 takes a free one",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => "127.0.0.1:8420",
        };
        var coordinators = Number("--coordinators", "Coordinator processes: one drives the job, the others stand by", 1);
        var featurizers = Number("--featurizers", "Featurizer processes", 2);
        var trainers = Number("--trainers", "Trainer processes", 1);
        var command = new Command(
            "serve", "Run a standing cluster on this machine; `ism submit JOB.yaml --home FOLDER` gives it work.") { home, api, coordinators, featurizers, trainers };
        command.SetAction((parsed, cancel) => RunAsync(
            context,
            LocalPlan.ForHome(
                HomeOf(parsed.GetValue(home)!),
                new ClusterOptions
                {
                    Coordinators = Inputs.AtLeastOne("--coordinators", parsed.GetValue(coordinators)),
                    Featurizers = Inputs.AtLeastOne("--featurizers", parsed.GetValue(featurizers)),
                    Trainers = Inputs.AtLeastOne("--trainers", parsed.GetValue(trainers)),
                },
                parsed.GetValue(api)),
            cancel));
        return command;
    }

    private static string HomeOf(string home)
    {
        Storage.StoredWorkspace.RequireFolder("ism serve --home", home);
        return Path.GetFullPath(home);
    }

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };

    private static async Task<int> RunAsync(VerbContext context, LocalPlan plan, CancellationToken cancel)
    {
        using var alone = FolderLock.Take(plan.Folder, "`ism serve`");
        await using var display = ProgressDisplay.Create(context.Error);
        var lines = new ClusterLines(display);
        await using var processes = new ProcessGroup(plan.Folder, lines.Take, context.Interruption);
        var cluster = lines.Cluster = new LocalCluster(plan, processes, display.Note);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var address = SayAddressAsync(plan.Folder, display.Note, over.Token);
        try
        {
            var end = await cluster.RunAsync(cancel);
            await context.Error.WriteLineAsync($"ism: the cluster ended: {end}");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            display.Note("the cluster has ended; jobs that are under way go on when it is started again");
            return ExitCode.Success;
        }
        finally
        {
            await over.CancelAsync();
            await address;
        }
    }

    /// <summary>Says where the page is, with its token, as soon as a coordinator serves it: this terminal is its owner's.</summary>
    internal static async Task SayAddressAsync(string folder, Action<string> note, CancellationToken cancel)
    {
        try
        {
            IReadOnlyList<ApiRecord> found;
            while ((found = new ApiRecords(folder).All()).Count == 0)
            {
                await Task.Delay(LookEvery, cancel);
            }

            note($"watch it at {found[0].Url}/?token={ApiToken.TryRead(folder)}");
        }
        catch (OperationCanceledException)
        {
            // The cluster ended before it served anything.
        }
    }
}
