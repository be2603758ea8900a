using System.CommandLine;
using Ism.Cli.Storage;
using Ism.Cli.Verbs;
using Ism.Cluster.Security;
using Ism.Coordinator.Api;

namespace Ism.Cli.Remote;

/// <summary>How every verb that speaks to a cluster is told which, and which job.</summary>
internal sealed class TargetArguments
{
    /// <summary>Names a server.</summary>
    public const string ServerVariable = "ISM_SERVER";

    /// <summary>Names a home.</summary>
    public const string HomeVariable = "ISM_HOME";

    /// <summary>The job that runs.</summary>
    public const string CurrentJob = "current";

    private readonly Option<string?> _server = new("--server")
    {
        Description = $"Address of a coordinator's API, e.g. https://node7:8420 ({ServerVariable})",
        HelpName = "URL",
    };

    private readonly Option<string?> _home = new("--home")
    {
        Description = $"Home of a standing cluster on this storage ({HomeVariable})",
        HelpName = "FOLDER",
    };

    private readonly Option<string?> _workspace = new("--workspace")
    {
        Description = "Workspace of a job; without any of the three, the current folder or the only running job below runs/",
        HelpName = "FOLDER",
    };

    private readonly Option<string> _job = new("--job")
    {
        Description = "Id of the job, or its beginning; without it the one that runs",
        HelpName = "ID",
        DefaultValueFactory = _ => CurrentJob,
    };

    private readonly Option<string?> _authority = new("--authority")
    {
        Description = $"PEM file with the certificate of the cluster's authority; without it, {TlsFolder.AuthorityFile} of --tls",
        HelpName = "FILE",
    };

    private readonly bool _hasJob;

    /// <param name="hasJob">Whether the verb is about one job.</param>
    public TargetArguments(bool hasJob = true) => _hasJob = hasJob;

    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON" };

    public void AddTo(Command command)
    {
        command.Add(_server);
        command.Add(_home);
        command.Add(_workspace);
        command.Add(_authority);
        command.Add(Json);
        if (_hasJob)
        {
            command.Add(_job);
        }
    }

    /// <summary>What is meant.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="mustRun">A workspace whose job has ended is refused.</param>
    /// <exception cref="UsageException">Nothing is, or what is does not exist.</exception>
    public ApiTarget Resolve(ParseResult parsed, bool mustRun = true)
    {
        var job = _hasJob ? parsed.GetValue(_job)! : CurrentJob;
        var authority = parsed.GetValue(_authority);
        if (authority is not null)
        {
            Inputs.ExistingFile("--authority", authority);
        }

        var workspace = parsed.GetValue(_workspace) is { } named && StoredWorkspace.Is(named)
            ? StoredWorkspace.FolderOf(named) : parsed.GetValue(_workspace);
        var server = parsed.GetValue(_server) ?? (workspace is null ? Variable(ServerVariable) : null);
        if (server is not null)
        {
            if (!Uri.TryCreate(server, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            {
                throw new UsageException($"--server {server}: an address like https://node7:8420 is needed");
            }

            return url.Scheme == Uri.UriSchemeHttps || BeyondLoopback.IsLoopback(url.Host)
                ? new ApiTarget([url], ApiToken.TryRead(null), job, null, authority ?? TlsFolder.Find(null)?.AuthorityPath)
                : throw new UsageException($"--server {server}: the token could be read on the way; take https://{url.Authority}, or reach it "
                    + $"through `ssh -L {url.Port}:127.0.0.1:{url.Port} {url.Host}`");
        }

        if ((parsed.GetValue(_home) ?? (workspace is null ? Variable(HomeVariable) : null)) is { } home)
        {
            var folder = Path.GetFullPath(home);
            return Directory.Exists(folder) ? Of(folder, job, null, authority)
                : throw new UsageException($"--home {folder}: there is no such folder; `ism serve --home FOLDER` starts a cluster there");
        }

        var found = workspace is not null && !mustRun
            ? Inputs.Existing("--workspace", Path.GetFullPath(workspace))
            : RunningWorkspaces.Find(workspace, Environment.CurrentDirectory);
        return Of(found, CurrentJob, found, authority);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static ApiTarget Of(string folder, string job, string? workspace, string? authority) => new(
        [.. new ApiRecords(folder).All().Select(r => new Uri(r.Url))], ApiToken.TryRead(folder), job, workspace,
        authority ?? TlsFolder.Find(folder)?.AuthorityPath);
}
