using Ism.Structures;

namespace Ism.Evaluation.Labels;

/// <summary>What is worked out of a structure.</summary>
public sealed record LabelOptions
{
    /// <summary>Of secondary structure.</summary>
    public SecondaryStructureOptions SecondaryStructure { get; init; } = new();

    /// <summary>Of solvent exposure.</summary>
    public SolventExposureOptions SolventExposure { get; init; } = new();

    /// <summary>Limits of reading.</summary>
    public StructureReaderOptions Reading { get; init; } = StructureReaderOptions.Default;
}

/// <summary>The labels of one protein chain, one of each kind a residue. Immutable by convention.</summary>
/// <param name="Name">Structure and chain, as "1abc_A".</param>
/// <param name="Sequence">One letter a residue, X for unknown ones.</param>
/// <param name="States8">Secondary structure in eight states (<see cref="SecondaryStructure.EightStates"/>), '?' unlabelled.</param>
/// <param name="Exposure">Solvent accessible surface, Å².</param>
/// <param name="Contacts">C-beta distances.</param>
/// <param name="Plddt">0 to 100 for a predicted model, else null.</param>
public sealed record ChainLabels(
    string Name, string Sequence, string States8, float[] Exposure, ContactMap Contacts, float[]? Plddt)
{
    /// <summary>Number of residues.</summary>
    public int Length => Sequence.Length;

    /// <summary>Secondary structure in three states: H, E, C, '?' unlabelled.</summary>
    public string States3 { get; } = string.Create(States8.Length, States8, static (three, eight) =>
    {
        for (var i = 0; i < three.Length; i++)
        {
            three[i] = SecondaryStructure.ToThree(eight[i]);
        }
    });

    /// <summary>Exposure relative to the most that the amino acid can have, about 0 to 1 (ends of chains may exceed it); NaN for X.
    /// </summary>
    public float[] RelativeExposure { get; } =
        [.. Exposure.Select((area, i) => area / SolventExposure.Maximum(AminoAcids.Index(Sequence[i])))];

    /// <summary>The labels of every chain of a structure.</summary>
    /// <exception cref="ArgumentException">It was read without atom names
    /// (<see cref="StructureReaderOptions.KeepAtomNames"/>).</exception>
    public static ChainLabels[] Of(Structure structure, LabelOptions? options = null)
    {
        options ??= new();
        var states = Labels.SecondaryStructure.Assign(structure, options.SecondaryStructure);
        var areas = SolventExposure.Measure(structure, options.SolventExposure);
        return Array.ConvertAll(structure.Chains, chain => new ChainLabels(
            $"{structure.Name}_{chain.Id}", chain.Sequence, new string(Array.ConvertAll(chain.ResidueIndices, r => states[r])),
            Array.ConvertAll(chain.ResidueIndices, r => areas[r]), ContactMap.Of(structure, chain), chain.Plddt));
    }

    /// <summary>Reads structures (files, folders, archives, lists: <see cref="StructureSources"/>) and labels their chains, in order.
    /// A structure that cannot be used is told and left out.</summary>
    /// <exception cref="StructureSourceException">While enumerating: a source is missing, unreadable or holds no structure.
    /// </exception>
    public static IEnumerable<ChainLabels> Read(
        IEnumerable<string> sources, LabelOptions? options = null, Action<StructureRefusedException>? refused = null)
    {
        options ??= new();
        foreach (var result in StructureBatch.Read(
            [.. StructureSources.List(sources)], options.Reading with { KeepAtomNames = true }))
        {
            if (result.Structure is null)
            {
                refused?.Invoke(result.Refusal!);
                continue;
            }

            foreach (var labels in Of(result.Structure, options))
            {
                yield return labels;
            }
        }
    }
}
