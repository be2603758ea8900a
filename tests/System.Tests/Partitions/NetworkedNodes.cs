using System.Diagnostics;
using System.Globalization;
using Ism.Cli.Chaos;
using Ism.Cli.Processes;
using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests.Partitions;

/// <summary>The nodes of one job, each on a host of its own, started by hand as on a cluster.</summary>
internal sealed class NetworkedNodes : IDisposable
{
    private readonly string _workspace;
    private readonly ITestOutputHelper _output;
    private readonly NetworkNamespaces _hosts;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly Dictionary<string, IsmProcess> _nodes = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private NetworkedNodes(
        string workspace, NetworkNamespaces hosts, IReadOnlyDictionary<string, string> environment, ITestOutputHelper output) =>
        (_workspace, _hosts, _environment, _output) = (workspace, hosts, environment, output);

    /// <summary>Skips the test where links cannot be cut.</summary>
    public static void Require() => Skip.If(NetworkNamespaces.Problem() is not null, NetworkNamespaces.Problem());

    /// <summary>Everything that all nodes have said.</summary>
    public string Output => string.Join('\n', _nodes.Select(n => $"--- {n.Key}\n{string.Join('\n', n.Value.Output.Split('\n').TakeLast(60))}"));

    /// <summary>Starts one coordinator, one featurizer and some trainers for the job that <paramref name="arguments"/> of `ism run` describe.
    /// </summary>
    public static async Task<NetworkedNodes> StartAsync(
        string workspace, string[] arguments, int trainers, IReadOnlyDictionary<string, string> environment, ITestOutputHelper output)
    {
        var nodes = new NetworkedNodes(workspace, NetworkNamespaces.Create(), environment, output);
        try
        {
            using var config = IsmProcess.Start(["config", arguments[1], .. arguments[6..], "--json"]);
            Assert.True(await config.ExitAsync(TimeSpan.FromMinutes(2)) == 0, config.Output);
            Directory.CreateDirectory(workspace);
            await File.WriteAllTextAsync(Path.Combine(workspace, "job.json"), config.Output);
            nodes.Start("coordinator", 0);
            nodes.Start("featurizer", 0);
            for (var number = 0; number < trainers; number++)
            {
                nodes.Start("trainer", number);
            }

            return nodes;
        }
        catch
        {
            nodes.Dispose();
            throw;
        }
    }

    /// <summary>Output of a node.</summary>
    public string OutputOf(string node) => _nodes[node].Output;

    /// <summary>Cuts a node off.</summary>
    public void Cut(string node)
    {
        _hosts.SetLink(node, up: false);
        Say($"{node} is cut off");
    }

    /// <summary>Heals a node's link.</summary>
    public void Heal(string node)
    {
        _hosts.SetLink(node, up: true);
        Say($"{node} is back");
    }

    /// <summary>Waits for something while all nodes live.</summary>
    public async Task UntilAsync(string what, Func<bool> condition)
    {
        using var watch = new WorkspaceWatch(_workspace);
        var begun = _clock.Elapsed;
        while (!condition())
        {
            var ended = _nodes.FirstOrDefault(n => n.Value.HasExited).Key;
            Assert.True(ended is null, $"{ended} ended before {what}:\n{Output}");
            Assert.True(_clock.Elapsed - begun < TimeSpan.FromMinutes(4), $"no {what} within 4 min:\n{Output}");
            await watch.ChangeAsync(CancellationToken.None);
        }

        Say($"{what} after {(_clock.Elapsed - begun).TotalSeconds:F1} s");
    }

    /// <summary>Waits until every node has ended by itself, with success.</summary>
    public async Task CompleteAsync()
    {
        foreach (var (name, node) in _nodes)
        {
            try
            {
                Assert.True(await node.ExitAsync(Runs.RunDeadline) == 0, $"{name} failed:\n{Output}");
            }
            catch (TimeoutException)
            {
                Assert.Fail($"{name} did not end:\n{Output}");
            }
        }
    }

    public void Dispose()
    {
        foreach (var process in _nodes.Values)
        {
            process.Dispose();
        }

        _hosts.Dispose();
    }

    private void Start(string role, int number)
    {
        string[] arguments = ["node", role, "--workspace", _workspace, "--number", number.ToString(CultureInfo.InvariantCulture)];
        var placed = _hosts.Place(new NodeStart(role, number, arguments));
        _nodes[$"{role}-{number}"] = IsmProcess.StartUnder(placed.Prefix ?? [], _environment, [.. placed.Arguments]);
    }

    private void Say(string what) => _output.WriteLine($"{_clock.Elapsed.TotalSeconds,6:F1} s: {what}");
}
