using System.CommandLine;
using Akka.Actor;
using Ism.Cli.Processes;
using Ism.Cli.Slurm;
using Ism.Cli.Storage;
using Ism.Cluster.Home;
using Ism.Cluster.Hosting;
using Ism.Cluster.Logging;
using Ism.Cluster.Membership;
using Ism.Cluster.Security;
using Ism.Cluster.Telemetry;
using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;
using Microsoft.Extensions.Logging;

namespace Ism.Cli.Verbs;

/// <summary>`ism node ROLE`: this process as one node of a cluster.</summary>
internal static class NodeVerb
{
    private const string OnlyCoordinator = $"{NodeRoles.Coordinator}-0";
    private static readonly TimeSpan CertificateWarning = TimeSpan.FromDays(14);

    public static Command Create(VerbContext context) => new("node", "Run this process as one node of a cluster.")
    {
        Role(context, NodeRoles.Coordinator, "Holds the job: ledger, training group, report. Prints progress as JSON lines."),
        Role(context, NodeRoles.Featurizer, "Turns structures into tokens and serves them to trainers."),
        Role(context, NodeRoles.Trainer, "One rank of the training group."),
    };

    private static Command Role(VerbContext context, string role, string description)
    {
        var workspace = new Option<string?>("--workspace")
        {
            Description = "Folder of a job, with its job.json; the same place on every node, or s3://bucket/prefix. The node ends with the job",
            HelpName = "FOLDER",
        };
        var home = new Option<string?>("--home")
        {
            Description = "Instead of a workspace: home of a standing cluster, whose jobs the node works on one after the other",
            HelpName = "FOLDER",
        };
        var number = new Option<int?>("--number")
        {
            Description = "Number among the nodes of this role, unique; without it, what Slurm, torchrun, mpirun or a Job of Kubernetes gave "
                + $"this process, else the pod ({ScrapeTarget.PodVariable}), else host name and process id tell them apart",
            HelpName = "N",
        };
        var host = new Option<string?>("--host")
        {
            Description = "Name or address under which other nodes reach this one; without it, this machine's where Slurm or a launcher over "
                + "several machines has started the process, else 127.0.0.1",
            HelpName = "HOST",
        };
        var bind = new Option<string?>("--bind")
        {
            Description = "Address to listen on, where --host is a name that is not known at once (a pod's); without it, that of --host",
            HelpName = "ADDRESS",
        };
        var port = new Option<int>("--port") { Description = "Port of the actor transport; 0 takes a free one", HelpName = "PORT" };
        var seed = new Option<string[]>("--seed")
        {
            Description = "Where a coordinator may be, may be repeated: asked when none has left its address in the workspace",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => [],
        };
        var api = new Option<string>("--api")
        {
            Description = $"Where the coordinator serves its HTTP API; port 0 takes a free one; \"{ApiHost.Off}\" for none",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => ApiHost.Default,
        };
        var pbm = PaletteHost.Option();
        var untilIdle = new Option<double?>("--until-idle")
        {
            Description = "With --home: end when no job has been there for so long, so that what the node was given is free again",
            HelpName = "SECONDS",
        };
        var metrics = MetricsHost.Option();
        var logFormat = new Option<string>("--log-format")
        {
            Description = $"How the log is written: {string.Join(" or ", LogFormats.Names)} ({LogFormats.Variable})",
            HelpName = "FORMAT",
            DefaultValueFactory = _ => LogFormats.OfEnvironment().ToString().ToLowerInvariant(),
        };
        logFormat.AcceptOnlyFromAmong([.. LogFormats.Names]);
        var insecure = new Option<bool>("--insecure")
        {
            Description = $"Let other machines reach this node without TLS: in a network that nobody else reaches ({BeyondLoopback.InsecureVariable}=1)",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable(BeyondLoopback.InsecureVariable) == "1",
        };
        var command = new Command(role, description) { workspace, home, untilIdle, number, host, bind, port, seed, metrics, logFormat, insecure };
        if (role == NodeRoles.Coordinator)
        {
            command.Add(api);
            command.Add(pbm);
        }

        command.SetAction(async (parsed, cancel) =>
        {
            var folder = FolderOf(parsed.GetValue(workspace), parsed.GetValue(home));
            var idle = IdleOf(parsed.GetValue(untilIdle), parsed.GetValue(home));
            var task = BatchTask.Here();
            if (role == NodeRoles.Trainer && VisibleGpu.Choose(task) is { } chosen)
            {
                await context.Error.WriteLineAsync($"ism: {chosen}");
            }

            var given = parsed.GetValue(number);
            var node = new NodeOptions
            {
                Role = role,
                NodeId = (given ?? task?.Number) is { } n ? $"{role}-{n}"
                    : Environment.GetEnvironmentVariable(ScrapeTarget.PodVariable) is { Length: > 0 } pod ? $"{role}-{pod}"
                    : $"{role}-{Environment.MachineName}-{Environment.ProcessId}",
                Host = parsed.GetValue(host) ?? NodeAddress.Default(task),
                Bind = parsed.GetValue(bind),
                Port = parsed.GetValue(port),
                Tls = TlsFolder.Find(folder),
                Workspace = folder,
                Seeds = parsed.GetValue(seed) ?? [],
                Pbm = role == NodeRoles.Coordinator ? PaletteHost.Parse(parsed.GetValue(pbm)!) : null,
                LogFormat = LogFormats.Parse(parsed.GetValue(logFormat)) ?? LogFormat.Plain,
            };
            if (BeyondLoopback.Refusal(node.Host, node.Tls, parsed.GetValue(insecure)) is { } refusal)
            {
                throw new UsageException(refusal);
            }

            var address = parsed.GetValue(workspace) is { } named && StoredWorkspace.Is(named) ? named : null;
            if (address is not null)
            {
                RequireJournal(node, address);
            }

            Use(context, node);

            // Of several processes in one Slurm job, none may end the others: their script has the job queued again.
            var queuesAgain = given is null ? task is { WholeJob: true } : role == NodeRoles.Coordinator;
            await using var telemetry = await MetricsHost.StartAsync(parsed.GetValue(metrics)!, node, cancel);
            if (telemetry.Url is { } url)
            {
                var isOpen = !BeyondLoopback.IsLoopback(new Uri(url).Host);
                Say(context, node, isOpen ? LogLevel.Warning : LogLevel.Information,
                    $"metrics are served at {url}{(isOpen ? " to whoever reaches it: without token, without TLS" : "")}");
            }

            var listen = role == NodeRoles.Coordinator ? parsed.GetValue(api)! : ApiHost.Off;
            var code = parsed.GetValue(home) is null
                ? await RunJobAsync(context, node, address, listen, queuesAgain, cancel)
                : await RunHomeAsync(context, node, listen, idle, cancel);
            return task?.Launcher == BatchTask.Kubernetes ? CodeOfPod(code, context.Interruption, node.Workspace) : code;
        });
        return command;
    }

    // Certificates that cannot be used are no better at a second try.
    private static void Use(VerbContext context, NodeOptions node)
    {
        try
        {
            if (node.Tls?.Credentials().Certificate is { } certificate)
            {
                var left = certificate.NotAfter - DateTime.Now;
                Say(context, node, left < CertificateWarning ? LogLevel.Warning : LogLevel.Information,
                    $"connections use TLS with {node.Tls}, whose certificate ends on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}");
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>What a numbered pod ends with; see <see cref="ExitCode.AskedToLeave"/>.</summary>
    /// <param name="code">What the node ended with.</param>
    /// <param name="interruption">Whether it was asked to.</param>
    /// <param name="workspace">Folder in which the end of a job is noted.</param>
    internal static int CodeOfPod(int code, Interruption interruption, string workspace) =>
        code == ExitCode.Success && (interruption.Requested || interruption.CheckpointFirst.IsCancellationRequested)
        && EndedMarker.TryRead(workspace) is null ? ExitCode.AskedToLeave : code;

    private static TimeSpan? IdleOf(double? seconds, string? home) => (seconds, home) switch
    {
        (null, _) => null,
        (_, null) => throw new UsageException("--until-idle is for nodes of a standing cluster (--home); with --workspace a node ends with its job"),
        ( > 0, _) => TimeSpan.FromSeconds(seconds.Value),
        _ => throw new UsageException($"--until-idle {seconds}: a number of seconds above 0 is needed"),
    };

    private static string FolderOf(string? workspace, string? home) => (workspace, home) switch
    {
        ({ } folder, null) => StoredWorkspace.FolderOf(folder),
        (null, { } folder) when StoredWorkspace.Is(folder) => throw new UsageException(
            $"--home {folder}: the home of a standing cluster is a folder; a single job can lie on storage (--workspace {folder})"),
        (null, { } folder) => Path.GetFullPath(folder),
        (null, null) => throw new UsageException("name the job's folder with --workspace, or the home of a standing cluster with --home"),
        _ => throw new UsageException("--workspace and --home exclude each other: a node works on one job, or on the jobs of a home"),
    };

    private static async Task<int> RunHomeAsync(
        VerbContext context, NodeOptions node, string listen, TimeSpan? untilIdle, CancellationToken cancel)
    {
        Directory.CreateDirectory(node.Workspace);
        var home = new JobHome(node.Workspace);
        var (places, door) = (new HomePlaces(home), new JobDoor());
        await using var api = await ApiHost.StartAsync(listen, node, places, door, cancel);
        SayAddress(context, api);
        return await new HomeNode(context, home, node, door, PaletteHost.For(node.Pbm, new ApiJobs(places, door)), untilIdle)
            .RunAsync(e => Emit(context, e), cancel);
    }

    // The journal's file lies in this machine's cache. Nodes of one machine begin and end together; elsewhere a coordinator that comes back
    // with an empty one would number its leases from the beginning, and those that the others hold would count for more.
    private static void RequireJournal(NodeOptions node, string address)
    {
        if (node.Role == NodeRoles.Coordinator && !ParentWatch.IsWatched && node.NodeId != OnlyCoordinator)
        {
            throw new UsageException($"--workspace {address}: a job on storage has one coordinator, --number 0 (this one is {node.NodeId}); the "
                + "lease by which several take over from each other needs a folder that all reach");
        }

        if (node.Role == NodeRoles.Coordinator && !BeyondLoopback.IsLoopback(node.Host)
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(JournalVariable.Name)))
        {
            throw new UsageException($"--workspace {address}: a coordinator that other machines reach ({node.Host}) needs a journal that outlives "
                + $"this machine's cache; name a PostgreSQL database in {JournalVariable.Name}");
        }
    }

    private static async Task<int> RunJobAsync(
        VerbContext context, NodeOptions node, string? address, string listen, bool queuesAgain, CancellationToken cancel)
    {
        var place = address is null ? new Workspace(node.Workspace) : StoredWorkspace.OfNode(
            address, node.Role == NodeRoles.Coordinator, text => Say(context, node, LogLevel.Warning, text));
        var job = JournalVariable.Over(place.ReadJob());
        await using var members = place.Store is S3WorkspaceStore { Storage: var storage } && !ParentWatch.IsWatched
            ? await StoredMembers.StartAsync(storage, node, text => Say(context, node, LogLevel.Warning, text), cancel) : null;
        var (places, door) = (new SinglePlace(place, job), new JobDoor());
        await using var api = await ApiHost.StartAsync(listen, node, places, door, cancel);
        SayAddress(context, api);
        var palette = PaletteHost.For(node.Pbm, new ApiJobs(places, door));
        return await RunAsync(context, node with { Journal = job.Cluster.Journal }, place, job, (door, palette), queuesAgain, cancel);
    }

    // Without the token: this may end up in a log that others read.
    private static void SayAddress(VerbContext context, ApiServer? api)
    {
        if (api is not null)
        {
            Emit(context, RunEvent.Now(RunEventKind.Note, message: $"the API is served at {api.Url}"));
        }
    }

    /// <summary>What the verb itself says, in the form of the node's log.</summary>
    internal static void Say(VerbContext context, NodeOptions node, LogLevel level, string text) => context.Error.WriteLine(
        node.LogFormat == LogFormat.Plain ? $"ism: {text}"
            : new LogLine(DateTimeOffset.UtcNow, level, typeof(NodeVerb).FullName!, text).Text(node.LogFormat, node));

    private static void Emit(VerbContext context, RunEvent happened)
    {
        lock (context)
        {
            context.Output.WriteLine(happened.ToLine());
            context.Output.Flush();
        }
    }

    // A node that was cut off leaves the cluster and joins it again, as often as it takes.
    private static async Task<int> RunAsync(
        VerbContext context, NodeOptions node, Workspace workspace, JobOptions job,
        (JobDoor Door, Action<ActorSystem>? Beside) served, bool queuesAgain, CancellationToken cancel)
    {
        while (true)
        {
            var end = await NodeRun.RunAsync(
                node, workspace, job, e => Emit(context, e), context.Interruption.CheckpointFirst, cancel, served.Door, served.Beside);
            if (end.Why is not null)
            {
                Say(context, node, LogLevel.Warning, $"{node.NodeId} {(end.JoinsAgain ? "joins again" : "ended")}: {end.Why}");
            }

            if (!end.JoinsAgain)
            {
                if (queuesAgain && context.Interruption.CheckpointFirst.IsCancellationRequested
                    && await SlurmRequeue.TryAsync(cancel) is { } queued)
                {
                    Say(context, node, LogLevel.Information, queued);
                }

                return end.Failed ? ExitCode.Failed : ExitCode.Success;
            }
        }
    }
}
