using Ism.Evaluation.Data;

namespace Ism.Evaluation.Splits;

/// <summary>Which sequences belong together: the number of the cluster of each, and how they were found.</summary>
/// <param name="ClusterOf">Number of each sequence's cluster, from 0.</param>
/// <param name="Pairs">The similar pairs that were found, whatever their identity; empty where clusters came from a file.</param>
public sealed record IdentityClusters(int[] ClusterOf, IReadOnlyList<SimilarPair> Pairs)
{
    /// <summary>Number of clusters.</summary>
    public int Count => ClusterOf.Length == 0 ? 0 : ClusterOf.Max() + 1;

    /// <summary>Single linkage: sequences are joined when a chain of pairs at or above the identity leads from one to the other.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The identity is not above 0 and at most 1.</exception>
    public static IdentityClusters Of(IReadOnlyList<string> sequences, double identity, NeighbourOptions? options = null)
    {
        if (!(identity is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(identity), identity, "the identity is a share, above 0 and at most 1");
        }

        var pairs = SequenceNeighbours.Find(sequences, options);
        var parent = Enumerable.Range(0, sequences.Count).ToArray();
        foreach (var pair in pairs.Where(pair => pair.Identity >= identity))
        {
            var (a, b) = (Root(parent, pair.A), Root(parent, pair.B));
            parent[Math.Max(a, b)] = Math.Min(a, b);
        }

        return new IdentityClusters(Numbered([.. parent.Select((_, i) => Root(parent, i))]), pairs);
    }

    /// <summary>
    /// Clusters from a table, two columns a line separated by a tab. MMseqs2's (representative, member) and tables with a header (id or
    /// file, then the cluster) are both read; the cluster is the column that repeats.
    /// </summary>
    /// <exception cref="DataFileException">A line has fewer than two columns, or an id is in no line.</exception>
    public static IdentityClusters FromFile(string path, IReadOnlyList<string> ids)
    {
        var rows = new List<(string First, string Second)>();
        foreach (var (number, text) in DataFile.Lines(path))
        {
            var cells = text.Split('\t');
            rows.Add(text.Trim().Length == 0 ? default : cells.Length >= 2 ? (cells[0].Trim(), cells[1].Trim())
                : throw new DataFileException(path, number, "two columns separated by a tab are needed: cluster and member"));
        }

        rows.RemoveAll(row => row.First is null);
        var memberFirst = rows.Select(row => row.First).Distinct().Count() > rows.Select(row => row.Second).Distinct().Count();
        var clusterOf = new Dictionary<string, string>();
        foreach (var (first, second) in rows)
        {
            clusterOf[Short(memberFirst ? first : second)] = memberFirst ? second : first;
        }

        return new IdentityClusters(Numbered([.. ids.Select(id => clusterOf.GetValueOrDefault(id)
            ?? clusterOf.GetValueOrDefault(WithoutChain(id))
            ?? throw new DataFileException(path, 0, $"'{id}' is in no cluster; each protein must have a line"))]), []);
    }

    // "train/1abc.pdb.gz" is 1abc.
    private static string Short(string member) => Ism.Structures.StructureReader.NameOf(member);

    private static string WithoutChain(string id) => id.LastIndexOf('_') is > 0 and var end ? id[..end] : id;

    private static int Root(int[] parent, int i)
    {
        while (parent[i] != i)
        {
            i = parent[i] = parent[parent[i]];
        }

        return i;
    }

    private static int[] Numbered<T>(T[] names)
        where T : notnull
    {
        var numbers = new Dictionary<T, int>();
        return Array.ConvertAll(names, name =>
        {
            numbers.TryAdd(name, numbers.Count);
            return numbers[name];
        });
    }
}
