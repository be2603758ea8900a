using Ism.Evaluation.Labels;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>A residue as the atlas counts it.</summary>
/// <param name="Environment">Its masked microenvironment.</param>
/// <param name="Neighbours">Amino acid of every residue that has atoms in the microenvironment, each residue once;
/// <see cref="AminoAcids.Unknown"/> for ligands, ions, nucleotides and unknown residues.</param>
/// <param name="State">Secondary structure in eight states; '?' unlabelled.</param>
/// <param name="Exposure">Relative solvent exposure, about 0 to 1; NaN unknown.</param>
/// <param name="Plddt">0 to 100; null where the structure is not predicted.</param>
public sealed record ObservedResidue(Microenvironment Environment, byte[] Neighbours, char State, float Exposure, float? Plddt);

/// <summary>What the residues of one structure token have in common: counts over residues, from which shares and means follow. Not safe for
/// concurrent writers.</summary>
public sealed class TokenProfile
{
    /// <summary>Bins of relative exposure: ten of a tenth each, the last without an upper end.</summary>
    public const int ExposureBins = 10;

    /// <summary>Upper ends of AlphaFold's bands of pLDDT: very low, low, confident; the rest is very high.</summary>
    public static readonly int[] PlddtBands = [50, 70, 90];

    private readonly long[] _aminoAcids = new long[AminoAcids.Letters.Length + 1];
    private readonly long[] _neighbours = new long[AminoAcids.Letters.Length + 1];
    private readonly long[] _elements = new long[Enum.GetValues<ElementType>().Length];
    private readonly long[] _states = new long[SecondaryStructure.EightStates.Length];
    private readonly long[] _exposures = new long[ExposureBins];
    private readonly long[] _plddts = new long[PlddtBands.Length + 1];
    private double _exposure;
    private long _buried;
    private double _plddt;

    /// <summary>Residues counted.</summary>
    public long Residues { get; private set; }

    /// <summary>Residues by amino acid, in the order of <see cref="AminoAcids.Letters"/>, the unknown ones last.</summary>
    public IReadOnlyList<long> AminoAcidCounts => _aminoAcids;

    /// <summary>Residues in the microenvironments by amino acid, what is none last.</summary>
    public IReadOnlyList<long> NeighbourCounts => _neighbours;

    /// <summary>Atoms of the microenvironments by <see cref="ElementType"/>.</summary>
    public IReadOnlyList<long> ElementCounts => _elements;

    /// <summary>Residues by secondary structure, in the order of <see cref="SecondaryStructure.EightStates"/>; unlabelled ones in none.</summary>
    public IReadOnlyList<long> StateCounts => _states;

    /// <summary>Residues by relative exposure.</summary>
    public IReadOnlyList<long> ExposureCounts => _exposures;

    /// <summary>Residues by band of pLDDT, the lowest first.</summary>
    public IReadOnlyList<long> PlddtCounts => _plddts;

    /// <summary>Share of each amino acid, unknown residues in none of them; NaN where there are none.</summary>
    public double[] AminoAcidShares => Shares(_aminoAcids.AsSpan(0, AminoAcids.Letters.Length));

    /// <summary>Share of each amino acid among the neighbours that are one.</summary>
    public double[] NeighbourShares => Shares(_neighbours.AsSpan(0, AminoAcids.Letters.Length));

    /// <summary>Share of each element among the atoms.</summary>
    public double[] ElementShares => Shares(_elements);

    /// <summary>Share of each of the eight states among residues that have one.</summary>
    public double[] StateShares => Shares(_states);

    /// <summary>Share of helix, strand and coil (<see cref="SecondaryStructure.ThreeStates"/>).</summary>
    public double[] ThreeStateShares
    {
        get
        {
            var counts = new long[SecondaryStructure.ThreeStates.Length];
            for (var state = 0; state < _states.Length; state++)
            {
                var three = SecondaryStructure.ToThree(SecondaryStructure.EightStates[state]);
                counts[SecondaryStructure.ThreeStates.IndexOf(three, StringComparison.Ordinal)] += _states[state];
            }

            return Shares(counts);
        }
    }

    /// <summary>Mean number of atoms in a microenvironment.</summary>
    public double MeanAtoms => Mean(_elements.Sum(), Residues);

    /// <summary>Mean relative exposure.</summary>
    public double MeanExposure => Mean(_exposure, _exposures.Sum());

    /// <summary>Share of residues that are buried: less exposed than <see cref="Tasks.ResidueTask.BuriedBelow"/>.</summary>
    public double BuriedShare => Mean(_buried, _exposures.Sum());

    /// <summary>Mean pLDDT; NaN where none is known.</summary>
    public double MeanPlddt => Mean(_plddt, _plddts.Sum());

    /// <summary>Share of residues under pLDDT 50 among those that have one.</summary>
    public double LowPlddtShare => Mean(_plddts[0], _plddts.Sum());

    /// <summary>Counts a residue.</summary>
    public void Add(ObservedResidue residue)
    {
        Residues++;
        _aminoAcids[Math.Min(residue.Environment.AminoAcid, AminoAcids.Unknown)]++;
        foreach (var neighbour in residue.Neighbours)
        {
            _neighbours[Math.Min(neighbour, AminoAcids.Unknown)]++;
        }

        foreach (var element in residue.Environment.Elements)
        {
            _elements[element]++;
        }

        if (SecondaryStructure.EightStates.IndexOf(residue.State, StringComparison.Ordinal) is >= 0 and var state)
        {
            _states[state]++;
        }

        if (!float.IsNaN(residue.Exposure))
        {
            _exposure += residue.Exposure;
            _exposures[Math.Clamp((int)(residue.Exposure * ExposureBins), 0, ExposureBins - 1)]++;
            _buried += residue.Exposure < Tasks.ResidueTask.BuriedBelow ? 1 : 0;
        }

        if (residue.Plddt is { } plddt && !float.IsNaN(plddt))
        {
            _plddt += plddt;
            _plddts[PlddtBands.Count(end => plddt >= end)]++;
        }
    }

    /// <summary>Adds the counts of another profile.</summary>
    public void Merge(TokenProfile other)
    {
        Residues += other.Residues;
        (_exposure, _buried, _plddt) = (_exposure + other._exposure, _buried + other._buried, _plddt + other._plddt);
        (long[] Into, long[] From)[] pairs =
        [
            (_aminoAcids, other._aminoAcids), (_neighbours, other._neighbours), (_elements, other._elements),
            (_states, other._states), (_exposures, other._exposures), (_plddts, other._plddts),
        ];
        foreach (var (into, from) in pairs)
        {
            for (var i = 0; i < into.Length; i++)
            {
                into[i] += from[i];
            }
        }
    }

    private static double[] Shares(ReadOnlySpan<long> counts)
    {
        var all = 0L;
        foreach (var count in counts)
        {
            all += count;
        }

        var shares = new double[counts.Length];
        for (var i = 0; i < shares.Length; i++)
        {
            shares[i] = Mean(counts[i], all);
        }

        return shares;
    }

    private static double Mean(double sum, long count) => count == 0 ? double.NaN : sum / count;
}
