namespace Ism.Structures;

/// <summary>
/// Decides whether a file is a predicted model, whose B-factor column holds pLDDT. A declared experimental method (EXPDTA,
/// exptl.method) says no. Otherwise any of these says yes: mmCIF's ma_qa_metric, a declared theoretical model, a PARENT record, a
/// prediction program named in the header or title, an AlphaFold DB file name; or, for files without a header, one value per
/// residue over chains each numbered from 1 without gaps and alternate locations, with values that differ between residues.
/// </summary>
internal static class PredictedModel
{
    /// <summary>Whether a header line names a program that predicts structures.</summary>
    public static bool NamesPredictor(ReadOnlySpan<byte> line)
    {
        foreach (var name in (ReadOnlySpan<string>)["ALPHAFOLD", "ESMFOLD", "COLABFOLD", "ROSETTAFOLD", "OMEGAFOLD", "OPENFOLD"])
        {
            if (IndexIgnoringCase(line, name) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The evidence for a predicted model, or null.</summary>
    public static string? Evidence(RawStructure raw, ReadOnlySpan<bool> kept)
    {
        if (raw.Facts.ExperimentalMethod)
        {
            return null;
        }

        if (AlphaFoldName.TryParse(raw.FileName, out _))
        {
            return "AlphaFold DB file name";
        }

        return raw.Facts.PredictionEvidence ?? (OneValuePerResidue(raw, kept) ? "one B-factor per residue in a gapless model"
            : null);
    }

    private static bool OneValuePerResidue(RawStructure raw, ReadOnlySpan<bool> kept)
    {
        if (raw.Facts.OneBFactorByForm || raw.Residues.Count < 2 || raw.Facts.Waters > 0 || raw.AtomCount < 4 * raw.Residues.Count)
        {
            return false;
        }

        var numbers = new int[raw.Chains.Count];
        foreach (var residue in raw.Residues)
        {
            if (residue.Key.Number != ++numbers[residue.Key.Chain] || residue.Hetero)
            {
                return false;
            }
        }

        var differ = false;
        for (var i = 1; i < raw.AtomCount; i++)
        {
            ref readonly var atom = ref raw.Atoms[i];
            ref readonly var before = ref raw.Atoms[i - 1];
            if (!kept[i] || atom.Altloc != 0 || !(atom.BFactor is >= 0 and <= 100))
            {
                return false;
            }

            if (atom.BFactor != before.BFactor)
            {
                if (atom.Residue == before.Residue)
                {
                    return false;
                }

                differ = true;
            }
        }

        return differ;
    }

    private static int IndexIgnoringCase(ReadOnlySpan<byte> line, string word)
    {
        for (var i = 0; i + word.Length <= line.Length; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(line.Slice(i, word.Length), word))
            {
                return i;
            }
        }

        return -1;
    }
}
