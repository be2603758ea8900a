using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>Equal lengths that follow each other: <paramref name="Count"/> sequences of <paramref name="Length"/> tokens, the
/// first token at index <paramref name="Start"/>.</summary>
public readonly record struct SequenceRun(int Start, int Count, int Length);

/// <summary>
/// Token sequences laid end to end, each with its &lt;cls&gt; and &lt;eos&gt;; there is no padding and no &lt;pad&gt; token.
/// Owns its tensor. Sequences of equal length that follow each other share one attention call, so sorting by length pays.
/// </summary>
public sealed class PackedTokens : IDisposable
{
    /// <summary>Takes over <paramref name="ids"/> [T] int64, which must hold no &lt;pad&gt; (not checked here).</summary>
    /// <exception cref="ArgumentException">The lengths are not positive or do not add up to T.</exception>
    public PackedTokens(torch.Tensor ids, IReadOnlyList<int> lengths)
    {
        var total = lengths.Sum(length => (long)length);
        if (ids.dim() != 1 || ids.dtype != torch.ScalarType.Int64 || ids.shape[0] != total || lengths.Any(length => length < 1))
        {
            throw new ArgumentException($"ids are {ids.dtype} [{string.Join(", ", ids.shape)}]; the {lengths.Count} lengths are "
                + $"positive and add up to {total}? ids must be int64 [{total}]");
        }

        Ids = ids.DetachFromDisposeScope();
        Lengths = [.. lengths];
        Runs = RunsOf(Lengths);
    }

    /// <summary>Token ids, [T] int64.</summary>
    public torch.Tensor Ids { get; }

    /// <summary>Tokens of each sequence, &lt;cls&gt; and &lt;eos&gt; included.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>The sequences, grouped where neighbours are equally long.</summary>
    public IReadOnlyList<SequenceRun> Runs { get; }

    /// <summary>Packs sequences of token ids.</summary>
    /// <exception cref="ArgumentException">A sequence is empty or holds &lt;pad&gt; or an id outside the vocabulary.</exception>
    public static PackedTokens From(IReadOnlyList<IReadOnlyList<int>> sequences, torch.Device? device = null)
    {
        var ids = new long[sequences.Sum(sequence => sequence.Count)];
        var next = 0;
        for (var i = 0; i < sequences.Count; i++)
        {
            foreach (var id in sequences[i])
            {
                if (id is < 0 or >= Esm2Alphabet.Size or Esm2Alphabet.Padding)
                {
                    throw new ArgumentException($"sequence {i} holds token id {id}; packed sequences hold 0..32 without <pad>");
                }

                ids[next++] = id;
            }
        }

        return new PackedTokens(torch.tensor(ids, device: device), [.. sequences.Select(sequence => sequence.Count)]);
    }

    /// <inheritdoc/>
    public void Dispose() => Ids.Dispose();

    private static List<SequenceRun> RunsOf(IReadOnlyList<int> lengths)
    {
        var runs = new List<SequenceRun>();
        var start = 0;
        foreach (var length in lengths)
        {
            if (runs.Count > 0 && runs[^1].Length == length)
            {
                runs[^1] = runs[^1] with { Count = runs[^1].Count + 1 };
            }
            else
            {
                runs.Add(new SequenceRun(start, 1, length));
            }

            start += length;
        }

        return runs;
    }
}
