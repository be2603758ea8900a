using System.Text.Json;
using Ism.Cluster.Hosting;
using Ism.Protocol.Files;

namespace Ism.Cluster.Telemetry;

/// <summary>
/// Where a node's metrics are read, left in <c>cluster/metrics/NODE.json</c> of its folder in the form of Prometheus's file_sd_configs, so
/// that free ports and nodes that come and go are found. What cannot be written costs the file, not the node.
/// </summary>
public sealed class ScrapeTarget(NodeOptions node, string address)
{
    /// <summary>Folder of the files below workspace or home.</summary>
    public const string Folder = "cluster/metrics";

    private readonly string _path = Path.Combine(node.Workspace, Folder, $"{node.NodeId}.json");
    private readonly string _text = JsonSerializer.Serialize(new[] { new { targets = new[] { address }, labels = Labels(node) } });

    /// <summary>Variable with the name of the pod that a node runs in, where it is one of Kubernetes.</summary>
    public const string PodVariable = "POD_NAME";

    /// <summary>Name of its label.</summary>
    public const string PodLabel = "pod";

    /// <summary>Leaves it.</summary>
    public void Write()
    {
        try
        {
            WholeFile.Write(_path, _text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The address is printed too.
        }
    }

    /// <summary>What nodes have left in a home or workspace: address and labels of each that can be read. Nodes that died have left theirs too.
    /// </summary>
    public static IReadOnlyList<(string Address, IReadOnlyDictionary<string, string> Labels)> All(string folder)
    {
        var place = Path.Combine(folder, Folder);
        return !Directory.Exists(place) ? [] : [.. Directory.EnumerateFiles(place, "*.json").SelectMany(TryRead)];
    }

    private static Dictionary<string, string> Labels(NodeOptions node)
    {
        var labels = new Dictionary<string, string> { ["node"] = node.NodeId, ["role"] = node.Role };
        if (Environment.GetEnvironmentVariable(PodVariable) is { Length: > 0 } pod)
        {
            labels[PodLabel] = pod;
        }

        return labels;
    }

    private static IEnumerable<(string, IReadOnlyDictionary<string, string>)> TryRead(string path)
    {
        try
        {
            var entries = JsonSerializer.Deserialize<List<Entry>>(File.ReadAllText(path), JsonSerializerOptions.Web) ?? [];
            return [.. entries.Where(e => e is { Targets.Count: > 0, Labels: not null })
                .Select(e => (e.Targets[0], (IReadOnlyDictionary<string, string>)e.Labels))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    private sealed record Entry(List<string> Targets, Dictionary<string, string> Labels);

    /// <summary>Takes it away, unless a successor of the same name has left its own.</summary>
    public void Remove()
    {
        try
        {
            if (File.Exists(_path) && File.ReadAllText(_path) == _text)
            {
                File.Delete(_path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Prometheus shows the target as down.
        }
    }
}
