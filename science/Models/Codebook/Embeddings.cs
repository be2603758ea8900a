namespace Ism.Models.Codebook;

/// <summary>Points of one width, row by row.</summary>
/// <param name="Values">Count x Width values.</param>
/// <param name="Width">Channels of a point.</param>
public sealed record Embeddings(ReadOnlyMemory<float> Values, int Width)
{
    /// <summary>Number of points.</summary>
    public int Count { get; } = Width > 0 && Values.Length % Width == 0
        ? Values.Length / Width
        : throw new ArgumentException($"{Values.Length} values are not rows of {Width}");

    /// <summary>One point.</summary>
    public ReadOnlySpan<float> Row(int i) => Values.Span.Slice(i * Width, Width);

    /// <summary>Points [from, from + count), not copied.</summary>
    public Embeddings Slice(int from, int count) => new(Values.Slice(from * Width, count * Width), Width);

    /// <summary>Points put one after the other.</summary>
    /// <exception cref="ArgumentException">Nothing given, or different widths.</exception>
    public static Embeddings Concat(IReadOnlyList<Embeddings> parts)
    {
        var width = parts.Count > 0 ? parts[0].Width : throw new ArgumentException("no embeddings to join", nameof(parts));
        var values = new float[parts.Sum(part => part.Values.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            if (part.Width != width)
            {
                throw new ArgumentException(
                    $"embeddings of width {part.Width} cannot follow those of width {width}", nameof(parts));
            }

            part.Values.CopyTo(values.AsMemory(at));
            at += part.Values.Length;
        }

        return new Embeddings(values, width);
    }
}
