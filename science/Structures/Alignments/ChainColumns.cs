using System.Globalization;

namespace Ism.Structures.Alignments;

/// <summary>Which column of an alignment each residue of a chain is: the same place where the query is the chain's sequence, else by the best
/// alignment of the two (<see cref="SequencePlaces"/>), as where a chain lacks residues that were not seen.</summary>
public static class ChainColumns
{
    /// <summary>Of the residues that are aligned, the share that must be the same.</summary>
    public const double LeastIdentity = 0.9;

    /// <summary>Share of the chain's residues that must be aligned.</summary>
    public const double LeastCoverage = 0.5;

    private const long MostCells = 100_000_000;

    /// <summary>Finds them.</summary>
    /// <param name="chain">The chain's sequence.</param>
    /// <param name="query">The alignment's query.</param>
    /// <returns>For each residue of the chain its column from 0, or -1; or none, and why the two are not taken for one protein.</returns>
    public static (int[]? Columns, string Problem) Of(string chain, string query)
    {
        if (chain == query)
        {
            return ([.. Enumerable.Range(0, chain.Length)], "");
        }

        if ((long)chain.Length * query.Length > MostCells)
        {
            return (null, $"the query of {query.Length} residues is not the chain's sequence of {chain.Length}, and the two are too long to be aligned");
        }

        var places = SequencePlaces.Of(query, chain);
        var columns = new int[chain.Length];
        Array.Fill(columns, -1);
        var (aligned, same) = (0, 0);
        for (var column = 0; column < places.Length; column++)
        {
            if (places[column] is >= 0 and var residue)
            {
                columns[residue] = column;
                var known = chain[residue] != 'X' && query[column] != 'X';
                aligned += known ? 1 : 0;
                same += known && chain[residue] == query[column] ? 1 : 0;
            }
        }

        var residues = chain.Count(letter => letter != 'X');
        return aligned >= LeastCoverage * residues && same >= LeastIdentity * aligned && aligned > 0
            ? (columns, "")
            : (null, string.Create(
                CultureInfo.InvariantCulture,
                $"its query of {query.Length} residues is another protein: {aligned} of the chain's {residues} known residues can be aligned to it (at least {LeastCoverage:P0} needed) and {same} of them are the same (at least {LeastIdentity:P0}); give the alignment of this chain's sequence"));
    }
}
