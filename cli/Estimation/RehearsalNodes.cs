using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Ism.Cli.Processes;
using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Estimation;

/// <summary>Starts the processes of a rehearsal with the environment that `ism run` gives to nodes, all of a role at once, and takes
/// what they have measured.</summary>
/// <param name="workspace">The scratch workspace.</param>
/// <param name="program">The program whose hidden verb is started.</param>
public sealed class RehearsalNodes(Workspace workspace, ProgramCommand program)
{
    private const int Told = 400;

    /// <summary>Featurizers at work beside each other.</summary>
    public async Task<IReadOnlyList<FeaturizerReading>> FeaturizersAsync(int count, int threads, CancellationToken cancel) =>
        await RunAsync<FeaturizerReading>(NodeRoles.Featurizer, count, threads, cancel);

    /// <summary>Trainers in a ring.</summary>
    public async Task<IReadOnlyList<TrainerReading>> TrainersAsync(int count, int threads, CancellationToken cancel) =>
        await RunAsync<TrainerReading>(NodeRoles.Trainer, count, threads, cancel);

    private async Task<IReadOnlyList<T>> RunAsync<T>(string role, int count, int threads, CancellationToken cancel)
    {
        var said = new ConcurrentDictionary<int, string>();
        await using var group = new ProcessGroup(workspace.Root, (node, line) => said[node.Number] = line, program: program);
        var nodes = Enumerable.Range(0, count).Select(number => group.Start(Start(role, number, threads))).ToList();
        var open = nodes.ToList();
        while (open.Count > 0)
        {
            var ended = await group.WaitForAnyExitAsync(open, cancel);
            open.Remove(ended);
            if (ended.Exited.Result != 0)
            {
                throw new InvalidOperationException($"a {role} could not be measured: it {NodeProcess.DescribeCode(ended.Exited.Result)}: {Tail(ended.LogPath)}");
            }
        }

        return [.. nodes.Select(node => JsonSerializer.Deserialize<T>(said[node.Number])!)];
    }

    private NodeStart Start(string role, int number, int threads)
    {
        return new NodeStart(
            role,
            number,
            [RehearseVerb.Name, "--workspace", workspace.Root, "--role", role, "--number", number.ToString(CultureInfo.InvariantCulture)],
            LocalCluster.EnvironmentOf(role, threads));
    }

    private static string Tail(string log)
    {
        var lines = File.ReadLines(log).Where(l => l.Length > 0 && !l.StartsWith("---", StringComparison.Ordinal)).TakeLast(3);
        var text = string.Join(" / ", lines);
        return text.Length <= Told ? text : text[..Told];
    }
}
