namespace Ism.Structures;

/// <summary>Gathers the protein chains of a file and leaves out those that cannot be used.</summary>
internal static class ChainFilter
{
    /// <summary>The chains to use, in the order of the file, at least one.</summary>
    /// <exception cref="StructureRefusedException">None is left; the reason is that of the longest chain.</exception>
    public static List<ChainDraft> Choose(
        RawStructure raw, ConformerSelection conformers, ReadOnlySpan<bool> kept, ReadOnlySpan<bool> isProtein,
        ReadOnlySpan<BackboneAtoms> backbones, ReadingNotes notes)
    {
        var drafts = Gather(raw, isProtein, backbones, notes);
        if (drafts.Count == 0)
        {
            throw raw.Refuse(RefusalReason.NoProtein, 0, "no protein residue with a C-alpha: " + notes.Contents(isProtein));
        }

        var used = new List<ChainDraft>();
        (RefusalReason Reason, string Detail, int Length)? worst = null;
        foreach (var draft in drafts)
        {
            var refusal = Judge(raw, conformers, kept, backbones, draft);
            if (refusal is not { } verdict)
            {
                used.Add(draft);
                continue;
            }

            notes.Add($"left out {verdict.Detail}");
            if (worst is null || draft.Residues.Count > worst.Value.Length)
            {
                worst = (verdict.Reason, verdict.Detail, draft.Residues.Count);
            }
        }

        if (used.Count == 0)
        {
            throw raw.Refuse(worst!.Value.Reason, 0,
                worst.Value.Detail + (drafts.Count > 1 ? $"; none of {drafts.Count} chains can be used" : ""));
        }

        return used;
    }

    private static List<ChainDraft> Gather(
        RawStructure raw, ReadOnlySpan<bool> isProtein, ReadOnlySpan<BackboneAtoms> backbones, ReadingNotes notes)
    {
        var drafts = new List<ChainDraft>();
        var ofChain = new ChainDraft?[raw.Chains.Count];
        for (var r = 0; r < raw.Residues.Count; r++)
        {
            if (!isProtein[r])
            {
                continue;
            }

            var chain = raw.Residues[r].Key.Chain;
            if (backbones[r].Alpha < 0)
            {
                notes.WithoutAlpha(r);
                continue;
            }

            if (ofChain[chain] is not { } draft)
            {
                var id = raw.Chains[chain].Id;
                if (drafts.Exists(other => other.Id == id))
                {
                    notes.Add($"author chain id {id} is used twice: the second is named {raw.Chains[chain].Label}");
                    id = raw.Chains[chain].Label;
                }

                draft = ofChain[chain] = new ChainDraft(id, chain, []);
                drafts.Add(draft);
            }

            draft.Residues.Add(r);
            notes.Protein(r, draft);
        }

        foreach (var draft in drafts)
        {
            notes.Declared(draft);
        }

        return drafts;
    }

    private static (RefusalReason Reason, string Detail)? Judge(
        RawStructure raw, ConformerSelection conformers, ReadOnlySpan<bool> kept, ReadOnlySpan<BackboneAtoms> backbones,
            ChainDraft draft)
    {
        var options = raw.Options;
        var length = draft.Residues.Count;
        int atoms = 0, beyondBeta = 0, expected = 0, backbone = 0, unknown = 0;
        foreach (var r in draft.Residues)
        {
            var acid = ResidueNames.Find(raw.Residues[r].Key.Name).AminoAcid;
            unknown += acid == AminoAcids.Unknown ? 1 : 0;
            expected += AminoAcids.AtomsBeyondBeta[acid];
            backbone += backbones[r].N >= 0 && backbones[r].C >= 0 ? 1 : 0;
            foreach (var i in conformers.Order[conformers.First[r]..conformers.First[r + 1]])
            {
                if (kept[i])
                {
                    var name = raw.Atoms[i].Name;
                    atoms++;
                    beyondBeta += acid != AminoAcids.Unknown && name != AtomNames.N && name != AtomNames.CA && name != AtomNames.C
                        && name != AtomNames.O && name != AtomNames.Oxt && name != AtomNames.CB ? 1 : 0;
                }
            }
        }

        var what = $"chain {draft.Id} of {length} residues";
        return length < options.MinLength ? (RefusalReason.TooShort, $"{what}: shorter than {options.MinLength} (MinLength)")
            : length > options.MaxLength ? (RefusalReason.TooLong, $"{what}: longer than {options.MaxLength} (MaxLength)")
            : atoms < 1.5 * length ? (RefusalReason.CAlphaOnly, $"{what}: {atoms} atoms, hardly more than its C-alphas")
            : backbone * 2 < length || beyondBeta < options.MinSideChainShare * expected
                ? (RefusalReason.NoSideChains,
                    $"{what}: {backbone} whole backbones, {beyondBeta} of {expected} side-chain atoms beyond C-beta")
            : unknown > options.MaxUnknownShare * length ? (RefusalReason.UnknownSequence, $"{what}: {unknown} are unknown (X)")
            : null;
    }
}
