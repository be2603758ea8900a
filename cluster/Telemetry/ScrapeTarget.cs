using System.Text.Json;
using Ism.Cluster.Hosting;
using Ism.Protocol.Files;

namespace Ism.Cluster.Telemetry;

/// <summary>
/// Where a node's metrics are read, left in <c>cluster/metrics/NODE.json</c> of its folder in the form of Prometheus's file_sd_configs, so
/// that free ports and nodes that come and go are found. What cannot be written costs the file, not the node.
/// </summary>
internal sealed class ScrapeTarget(NodeOptions node, string address)
{
    /// <summary>Folder of the files below workspace or home.</summary>
    public const string Folder = "cluster/metrics";

    private readonly string _path = Path.Combine(node.Workspace, Folder, $"{node.NodeId}.json");
    private readonly string _text = JsonSerializer.Serialize(new[]
    {
        new { targets = new[] { address }, labels = new { node = node.NodeId, role = node.Role } },
    });

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
