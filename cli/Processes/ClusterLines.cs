using Ism.Cli.Terminal;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Processes;

/// <summary>
/// What the nodes of a local cluster print: events of its jobs are shown, a wish for more or fewer nodes is met, and any other line goes
/// into the node's log. Lines come from the nodes' threads.
/// </summary>
/// <param name="display">Where jobs are shown.</param>
internal sealed class ClusterLines(ProgressDisplay display)
{
    private readonly Lock _lock = new();
    private RunDisplay _shown = new(display);
    private string _job = "";

    /// <summary>The cluster whose nodes they are, once it is there.</summary>
    public LocalCluster? Cluster { get; set; }

    /// <summary>Takes a line.</summary>
    public void Take(NodeProcess node, string line)
    {
        if (!RunEvent.TryParse(line, out var happened))
        {
            node.Log(line);
        }
        else if (happened.Kind == RunEventKind.Scale)
        {
            Cluster?.Scale(happened.Stage, (int)happened.Total);
        }
        else if (happened is { Kind: RunEventKind.Started, Stage: "" })
        {
            Begin(node, happened.Message);
        }
        else
        {
            Shown().Take(happened);
        }
    }

    // Another job: its stages are not those of the one before. Standby coordinators say so too.
    private void Begin(NodeProcess node, string job)
    {
        bool same;
        lock (_lock)
        {
            same = job == _job;
            (_shown, _job) = (same ? _shown : new RunDisplay(display), job);
        }

        display.Note(same ? $"{node.Name} takes part in {job}" : job);
    }

    private RunDisplay Shown()
    {
        lock (_lock)
        {
            return _shown;
        }
    }
}
