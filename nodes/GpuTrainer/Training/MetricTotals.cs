using System.Text;
using Ism.Collectives;

namespace Ism.GpuTrainer.Training;

/// <summary>A metric over a whole set: <c>Sum / Count</c> is its mean.</summary>
public sealed record MetricTotal(string Metric, double Sum, double Count)
{
    /// <summary>Mean; null when nothing was counted.</summary>
    public double? Mean => Count == 0 ? null : Sum / Count;
}

/// <summary>Sums of metrics over micro-batches, and then over ranks.</summary>
public sealed class MetricTotals
{
    private readonly List<string> _names = [];
    private readonly List<double> _values = [];

    /// <summary>Adds one micro-batch's metrics.</summary>
    public void Add(IReadOnlyList<(string Metric, double Sum, double Count)> metrics)
    {
        foreach (var (metric, sum, count) in metrics)
        {
            var place = _names.IndexOf(metric);
            if (place < 0)
            {
                place = _names.Count;
                _names.Add(metric);
                _values.AddRange([0, 0]);
            }

            _values[2 * place] += sum;
            _values[(2 * place) + 1] += count;
        }
    }

    /// <summary>Adds up over all ranks. A rank that had nothing to evaluate does not know the metrics' names: it learns them
    /// from the lowest rank that does.</summary>
    /// <exception cref="CollectiveException">A member failed.</exception>
    public IReadOnlyList<MetricTotal> Reduce(ICollectiveGroup group)
    {
        var own = Encoding.UTF8.GetBytes(string.Join('\n', _names));
        var lengths = group.AllGather<long>([own.Length]);
        var root = Array.FindIndex(lengths, length => length > 0);
        if (root < 0)
        {
            return [];
        }

        var text = group.Rank == root ? own : new byte[lengths[root]];
        group.Broadcast<byte>(text, root);
        var names = Encoding.UTF8.GetString(text).Split('\n');
        var totals = new double[2 * names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            if (_names.IndexOf(names[i]) is >= 0 and var place)
            {
                (totals[2 * i], totals[(2 * i) + 1]) = (_values[2 * place], _values[(2 * place) + 1]);
            }
        }

        group.AllReduce<double>(totals);
        return [.. names.Select((name, i) => new MetricTotal(name, totals[2 * i], totals[(2 * i) + 1]))];
    }
}
