using System.Globalization;
using Ism.Cluster.Hosting;
using Ism.Cluster.Telemetry;

namespace Ism.Cli.Kubernetes;

/// <summary>
/// Writes onto the pod of each featurizer how much it would cost to lose it: the chunks that it holds. When a Deployment shrinks, Kubernetes
/// ends the pods with the lowest cost first, so that idle ones go and what others are at is not done twice. A featurizer does not do that
/// itself: it reads structures from anywhere, and shall hold no key to Kubernetes.
/// </summary>
/// <param name="folder">Home or workspace; featurizers have left there where they are asked.</param>
/// <param name="read">Reads the metrics at an address "host:port".</param>
/// <param name="annotate">Sets the cost of a pod; false when it is gone.</param>
internal sealed class DeletionCosts(
    string folder, Func<string, CancellationToken, Task<string>> read, Func<string, string, CancellationToken, Task<bool>> annotate)
{
    /// <summary>The annotation.</summary>
    public const string Annotation = "controller.kubernetes.io/pod-deletion-cost";

    /// <summary>The metric of a featurizer that is its cost.</summary>
    public const string Metric = "ism_featurizer_leases";

    private readonly Dictionary<string, string> _told = [];

    /// <summary>Looks once at all featurizers and tells what has changed; returns those told, by pod.</summary>
    /// <exception cref="IOException">Kubernetes refuses.</exception>
    public async Task<IReadOnlyDictionary<string, string>> LookAsync(CancellationToken cancel)
    {
        var costs = await Task.WhenAll(Featurizers().Select(async f => (f.Pod, Cost: await CostAsync(f.Address, cancel))));
        var changed = new Dictionary<string, string>();
        foreach (var (pod, cost) in costs)
        {
            if (cost is null || _told.GetValueOrDefault(pod) == cost)
            {
                continue;
            }

            if (await annotate(pod, cost, cancel))
            {
                changed[pod] = cost;
                _told[pod] = cost;
            }
        }

        foreach (var gone in _told.Keys.Except(costs.Select(c => c.Pod)).ToList())
        {
            _told.Remove(gone);
        }

        return changed;
    }

    /// <summary>The cost that metrics tell; null when they tell none.</summary>
    internal static string? CostIn(string metrics)
    {
        // "name value time" or "name{labels} value time".
        var line = metrics.Split('\n').FirstOrDefault(l =>
            l.StartsWith(Metric, StringComparison.Ordinal) && l.Length > Metric.Length && l[Metric.Length] is ' ' or '{');
        var rest = line?[(line.Contains('}', StringComparison.Ordinal) ? line.LastIndexOf('}') + 1 : Metric.Length)..];
        var value = rest?.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return double.TryParse(value, CultureInfo.InvariantCulture, out var leases)
            ? ((int)leases).ToString(CultureInfo.InvariantCulture) : null;
    }

    private IEnumerable<(string Pod, string Address)> Featurizers() =>
        from target in ScrapeTarget.All(folder)
        where target.Labels.GetValueOrDefault("role") == NodeRoles.Featurizer
        let pod = target.Labels.GetValueOrDefault(ScrapeTarget.PodLabel)
        where pod is not null
        select (pod, target.Address);

    // One that is gone or busy keeps the cost that it was told last.
    private async Task<string?> CostAsync(string address, CancellationToken cancel)
    {
        try
        {
            return CostIn(await read(address, cancel));
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }
}
