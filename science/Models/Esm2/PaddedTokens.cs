using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>To and from the padded layout [B, T] of other programs; padding is on the right.</summary>
public static class PaddedTokens
{
    /// <summary>Packs the rows of <paramref name="ids"/> [B, T] int64 without their &lt;pad&gt;.</summary>
    /// <exception cref="ArgumentException">A row is empty or has &lt;pad&gt; before its last token.</exception>
    public static PackedTokens Pack(torch.Tensor ids)
    {
        using var scope = torch.NewDisposeScope();
        var rows = ids.cpu().data<long>().ToArray().Chunk((int)ids.shape[1]).ToList();
        var lengths = rows.ConvertAll(row => Array.FindLastIndex(row, id => id != Esm2Alphabet.Padding) + 1);
        for (var i = 0; i < rows.Count; i++)
        {
            if (lengths[i] == 0 || rows[i].AsSpan(0, lengths[i]).Contains(Esm2Alphabet.Padding))
            {
                throw new ArgumentException($"row {i} is empty or has <pad> before its last token; padding must be on the right");
            }
        }

        int[][] kept = [.. rows.Select((row, i) => Array.ConvertAll(row[..lengths[i]], id => (int)id))];
        return PackedTokens.From(kept, ids.device);
    }

    /// <summary>Spreads packed values [sum of lengths, ...] over [B, longest, ...]; padding is zero.</summary>
    public static torch.Tensor Pad(torch.Tensor packed, IReadOnlyList<int> lengths)
    {
        using var scope = torch.NewDisposeScope();
        var parts = packed.split([.. lengths.Select(length => (long)length)], 0);
        return torch.nn.utils.rnn.pad_sequence(parts, batch_first: true).MoveToOuterDisposeScope();
    }
}
