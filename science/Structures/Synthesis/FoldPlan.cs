using Ism.Structures.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>A stretch of one state.</summary>
internal readonly record struct Segment(SecondaryState State, int Length);

/// <summary>Which helices, strands and loops a chain is made of, in order: all-alpha, all-beta or mixed.</summary>
internal static class FoldPlan
{
    /// <summary>Draws a plan; the folded part has between the options' least and most residues (a last segment may end
    /// short).</summary>
    public static List<Segment> Draw(ref CounterRandom random, SynthesisOptions options)
    {
        var length = options.MinLength + random.NextInt32(options.MaxLength - options.MinLength + 1);
        var helixShare = random.NextInt32(10) switch { < 3 => 1.0, < 6 => 0.0, _ => 0.5 };
        var segments = new List<Segment>();
        var disordered = options.Predicted && random.NextDouble() < options.DisorderedShare;
        var tailInFront = disordered && random.NextDouble() < 0.4;
        var tail = new Segment(SecondaryState.Disordered, 8 + random.NextInt32(18));
        if (tailInFront)
        {
            segments.Add(tail);
        }

        var state = SecondaryState.Loop;
        for (var left = length; left > 0;)
        {
            var segment = new Segment(state, Math.Min(left, DrawLength(ref random, state)));
            segments.Add(segment);
            left -= segment.Length;
            state = state != SecondaryState.Loop ? SecondaryState.Loop
                : random.NextDouble() < helixShare ? SecondaryState.Helix : SecondaryState.Strand;
        }

        if (disordered && !tailInFront)
        {
            segments.Add(tail);
        }

        return segments;
    }

    private static int DrawLength(ref CounterRandom random, SecondaryState state) => state switch
    {
        SecondaryState.Helix => 8 + random.NextInt32(9),
        SecondaryState.Strand => 4 + random.NextInt32(5),
        _ => 2 + random.NextInt32(5),
    };
}
