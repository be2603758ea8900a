using static TorchSharp.torch;

namespace Ism.Models.Codebook;

/// <summary>
/// Finds nearest centroids: one float32 matrix product gives every |c|^2 - 2 x.c, and the few centroids that rounding could make
/// the nearest are compared again in double by the definition sum (x - c)^2. The answer is that of double arithmetic alone (ties
/// to the lower index). Owns a tensor; used by one thread at a time.
/// </summary>
public sealed class NearestCentroid : IDisposable
{
    private const int Block = 4096;

    private readonly Centroids _centroids;
    private readonly Tensor _transposed;
    private readonly float[] _squares;
    private readonly double _longest;

    /// <summary>Prepares a search among the centroids, which must not change while it is used.</summary>
    public NearestCentroid(Centroids centroids)
    {
        _centroids = centroids;
        using var scope = NewDisposeScope();
        _transposed = tensor(Array.ConvertAll(centroids.Values, value => (float)value), [centroids.Count, centroids.Width])
            .transpose(0, 1).contiguous().DetachFromDisposeScope();
        _squares = new float[centroids.Count];
        for (var k = 0; k < centroids.Count; k++)
        {
            var square = 0.0;
            foreach (var value in centroids.Row(k))
            {
                square += value * value;
            }

            _squares[k] = (float)square;
            _longest = Math.Max(_longest, Math.Sqrt(square));
        }
    }

    /// <summary>Calls back for each point, in order, with its nearest centroid and its squared distance.</summary>
    /// <exception cref="ArgumentException">The widths differ, or a point is not finite.</exception>
    public void Search(Embeddings points, Action<int, int, double> found)
    {
        if (points.Width != _centroids.Width)
        {
            throw new ArgumentException(
                $"points of width {points.Width} cannot be compared with centroids of width {_centroids.Width}", nameof(points));
        }

        for (var from = 0; from < points.Count; from += Block)
        {
            SearchBlock(points.Slice(from, Math.Min(Block, points.Count - from)), from, found);
        }
    }

    public void Dispose() => _transposed.Dispose();

    private void SearchBlock(Embeddings block, int offset, Action<int, int, double> found)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var products = tensor(block.Values.ToArray(), [block.Count, block.Width]).matmul(_transposed).data<float>().ToArray();
        var scores = new float[_centroids.Count];
        for (var i = 0; i < block.Count; i++)
        {
            var (nearest, distance) = Refine(block.Row(i), products.AsSpan(i * _centroids.Count, _centroids.Count), scores);
            if (nearest < 0)
            {
                throw new ArgumentException($"point {offset + i} is not finite: it has no nearest centroid");
            }

            found(offset + i, nearest, distance);
        }
    }

    private (int Nearest, double Distance) Refine(ReadOnlySpan<float> point, ReadOnlySpan<float> products, float[] scores)
    {
        var lowest = float.PositiveInfinity;
        for (var k = 0; k < scores.Length; k++)
        {
            scores[k] = _squares[k] - (2 * products[k]);
            lowest = Math.Min(lowest, scores[k]);
        }

        var threshold = lowest + (2 * Rounding(point));
        var (nearest, least) = (-1, double.PositiveInfinity);
        for (var k = 0; k < scores.Length; k++)
        {
            if (scores[k] <= threshold && SquaredDistance(point, _centroids.Row(k)) is var distance && distance < least)
            {
                (nearest, least) = (k, distance);
            }
        }

        return (nearest, least);
    }

    /// <summary>How far a float32 score can be from the true one: (width + 8) unit roundoffs of the largest terms (Higham 2002,
    /// section 3.1), for the product, the squared length and the rounding of the centroids themselves.</summary>
    private double Rounding(ReadOnlySpan<float> point)
    {
        var square = 0.0;
        foreach (var value in point)
        {
            square += (double)value * value;
        }

        return (_centroids.Width + 8) * 5.97e-8 * ((2 * Math.Sqrt(square) * _longest) + (_longest * _longest));
    }

    private static double SquaredDistance(ReadOnlySpan<float> point, ReadOnlySpan<double> centroid)
    {
        var sum = 0.0;
        for (var c = 0; c < point.Length; c++)
        {
            var difference = point[c] - centroid[c];
            sum += difference * difference;
        }

        return sum;
    }
}
