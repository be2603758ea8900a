namespace Ism.Models.Codebook;

/// <summary>Cluster centres in double, row by row.</summary>
/// <param name="Values">Count x Width values.</param>
/// <param name="Width">Channels of a centre.</param>
public sealed record Centroids(double[] Values, int Width)
{
    /// <summary>Number of clusters K.</summary>
    public int Count { get; } = Width > 0 && Values.Length > 0 && Values.Length % Width == 0
        ? Values.Length / Width
        : throw new ArgumentException($"{Values.Length} values are not one or more centroids of width {Width}");

    /// <summary>One centre.</summary>
    public ReadOnlySpan<double> Row(int k) => Values.AsSpan(k * Width, Width);

    /// <summary>True where every value is the same to the last bit: Lloyd's iteration has then converged.</summary>
    public bool SameAs(Centroids other) => Width == other.Width && Values.AsSpan().SequenceEqual(other.Values);

    /// <summary>The largest distance a centre moved, for progress.</summary>
    public double LargestShift(Centroids other)
    {
        var largest = 0.0;
        for (var k = 0; k < Count; k++)
        {
            var shift = 0.0;
            for (var c = 0; c < Width; c++)
            {
                var difference = Values[(k * Width) + c] - other.Values[(k * Width) + c];
                shift += difference * difference;
            }

            largest = Math.Max(largest, shift);
        }

        return Math.Sqrt(largest);
    }
}
