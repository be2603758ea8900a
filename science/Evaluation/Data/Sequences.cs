using Ism.Models.Esm2;

namespace Ism.Evaluation.Data;

/// <summary>Sequences of records.</summary>
internal static class Sequences
{
    /// <summary>Upper case, every letter one that the model knows.</summary>
    /// <exception cref="DataFileException">A letter is no residue.</exception>
    public static string Checked(DataRecord record, string sequence)
    {
        var upper = sequence.ToUpperInvariant();
        try
        {
            Esm2Alphabet.EncodeResidues(upper);
        }
        catch (FormatException e)
        {
            throw record.Wrong(e.Message);
        }

        return upper;
    }
}
