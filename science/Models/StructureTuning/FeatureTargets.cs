using TorchSharp;

namespace Ism.Models.StructureTuning;

/// <summary>What a regression of features is to say, and how far off it is.</summary>
internal static class FeatureTargets
{
    /// <summary>The scaled features of rows of a packed batch, [rows, width]. The caller owns them.</summary>
    /// <param name="sequences">The batch's sequences in their order.</param>
    /// <param name="rows">Rows of the packed batch at residues, ascending.</param>
    /// <param name="scale">Of the features.</param>
    /// <param name="dtype">Of the tensor.</param>
    /// <param name="device">Where the tensor goes.</param>
    public static torch.Tensor Of(
        IReadOnlyList<LabelledSequence> sequences, ReadOnlySpan<long> rows, FeatureScale scale, torch.ScalarType dtype, torch.Device device)
    {
        var width = scale.Width;
        var values = new float[rows.Length * width];
        var (sequence, first) = (0, 0L);
        for (var i = 0; i < rows.Length; i++)
        {
            while (rows[i] - first >= sequences[sequence].Ids.Length)
            {
                first += sequences[sequence++].Ids.Length;
            }

            // <cls> has no features.
            var residue = (int)(rows[i] - first) - 1;
            var features = sequences[sequence].Features.AsSpan(residue * width, width);
            for (var channel = 0; channel < width; channel++)
            {
                values[(i * width) + channel] = scale.Scaled(features[channel], channel);
            }
        }

        using var scope = torch.NewDisposeScope();
        return torch.tensor(values, [rows.Length, width]).to(dtype, device).MoveToOuterDisposeScope();
    }
}
