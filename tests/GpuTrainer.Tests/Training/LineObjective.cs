using Ism.Models.Numerics;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training;

/// <summary>A point of a plane, or only of its height: y may be missing.</summary>
internal sealed record LinePoint(double X, double? Y);

/// <summary>
/// Two terms over one weight vector (w, b): squared distance of w x + b from y ("fit", points with y), and b² ("offset", all
/// points). Small enough for gradients by hand.
/// </summary>
internal sealed class LineObjective : IObjective<LinePoint>
{
    public torch.Tensor Weights { get; } = torch.tensor(new[] { 0.5, -0.25 }, requires_grad: true).DetachFromDisposeScope();

    public string Name => "line";

    public IReadOnlyList<string> Terms => ["fit", "offset"];

    public IReadOnlyList<double> TermWeights => [1, 0.5];

    public IReadOnlyList<NamedParameter> Parameters => [new("weights", Weights)];

    public IReadOnlyList<IMicroBatch> Collate(IReadOnlyList<LinePoint> share)
    {
        if (share.Any(point => double.IsNegativeInfinity(point.X)))
        {
            throw new InvalidDataException("a point at minus infinity");
        }

        return [.. share.Chunk(2).Select((points, i) => new Batch(points, 2 * i))];
    }

    public IReadOnlyList<torch.Tensor> ForwardSums(IMicroBatch batch)
    {
        var points = ((Batch)batch).Points;
        var fit = Weights[0] * Held.Of(0);
        var offset = Weights[1] * Held.Of(0);
        foreach (var point in points)
        {
            if (point.Y is { } y)
            {
                fit = fit + ((Weights[0] * Held.Of(point.X)) + Weights[1] - Held.Of(y)).pow(Held.Of(2));
            }

            offset = offset + Weights[1].pow(Held.Of(2));
        }

        return [fit, offset];
    }

    public IReadOnlyList<(string Metric, double Sum, double Count)> Evaluate(IMicroBatch batch) =>
        [("sum of x", ((Batch)batch).Points.Sum(point => point.X), ((Batch)batch).Points.Length)];

    public void Dispose() => Weights.Dispose();

    private sealed class Batch(LinePoint[] points, int first) : IMicroBatch
    {
        public LinePoint[] Points => points;

        public IReadOnlyList<long> Counts { get; } = [points.Count(point => point.Y is not null), points.Length];

        public long UsefulTokens => points.Length;

        public IReadOnlyList<int> Samples => [.. Enumerable.Range(first, points.Length)];

        public void Dispose()
        {
        }
    }
}
