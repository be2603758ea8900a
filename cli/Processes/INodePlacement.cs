namespace Ism.Cli.Processes;

/// <summary>Where a local cluster's nodes run: on the machine's loopback, or each behind a link of its own.</summary>
public interface INodePlacement
{
    /// <summary>The start of a node in its place.</summary>
    NodeStart Place(NodeStart start);
}
