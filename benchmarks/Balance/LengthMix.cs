using Ism.Corpus;
using Ism.Structures;

namespace Ism.Benchmarks.Balance;

/// <summary>How long the chains of a folder's structures are, in the order of its listing; structures that cannot be used have none.
/// </summary>
internal sealed class LengthMix
{
    private readonly int[][] _chains;

    /// <summary>Reads all structures of a folder.</summary>
    public LengthMix(string folder)
    {
        var entries = StructureSources.List([folder]).ToList();
        var places = Enumerable.Range(0, entries.Count).ToDictionary(i => entries[i]);
        _chains = [.. entries.Select(_ => Array.Empty<int>())];
        foreach (var (entry, structure, _) in StructureBatch.Read(entries, new StructureReaderOptions()))
        {
            _chains[places[entry]] = structure is null ? [] : [.. structure.Chains.Select(chain => chain.Length)];
        }
    }

    /// <summary>Structures.</summary>
    public int Count => _chains.Length;

    /// <summary>Residues of all chains, ascending.</summary>
    public int[] Sorted => [.. _chains.SelectMany(c => c).Order()];

    /// <summary>Residues of the crop that a visit takes.</summary>
    public int CropOf(SamplePosition visit, int crop) => _chains[visit.Position] is { Length: > 0 } chains
        ? Math.Min(crop, chains[Draws.Chain(visit.DrawKey, chains.Length)])
        : 0;
}
