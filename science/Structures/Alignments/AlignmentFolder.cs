namespace Ism.Structures.Alignments;

/// <summary>
/// The alignments of a folder and its subfolders, found by the names of structures and chains: for chain A of 1abc the files 1abc_A, 1abc-A, 1abcA
/// and 1abc, the first that there is, with any ending that is read (.a3m first); upper and lower case may differ where no name agrees
/// exactly. For a model of the AlphaFold database also AF-(accession)-F(fragment) and, for a first fragment, the accession alone. Listed once; any thread.
/// </summary>
public sealed class AlignmentFolder
{
    private readonly Dictionary<string, string> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _anyCase = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Lists the folder.</summary>
    /// <exception cref="IOException">There is no such folder, or it cannot be listed.</exception>
    public AlignmentFolder(string folder)
    {
        Folder = folder;
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(AlignmentReader.IsKnown)
            .OrderBy(Preference).ThenBy(path => path, StringComparer.Ordinal);
        foreach (var path in files)
        {
            Count++;
            var name = AlignmentReader.NameOf(path);
            _exact.TryAdd(name, path);
            _anyCase.TryAdd(name, path);
        }
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Files with an ending that is read.</summary>
    public int Count { get; }

    /// <summary>The file of a chain; null where there is none.</summary>
    /// <param name="structure">Name of the structure: its file's name without endings.</param>
    /// <param name="chain">The chain's id.</param>
    public string? Find(string structure, string chain)
    {
        var names = Names(structure, chain).ToList();
        return names.Select(name => _exact.GetValueOrDefault(name)).FirstOrDefault(path => path is not null)
            ?? names.Select(name => _anyCase.GetValueOrDefault(name)).FirstOrDefault(path => path is not null);
    }

    private static IEnumerable<string> Names(string structure, string chain)
    {
        yield return $"{structure}_{chain}";
        yield return $"{structure}-{chain}";
        yield return $"{structure}{chain}";
        yield return structure;
        if (AlphaFoldName.TryParse(structure, out var model))
        {
            yield return $"AF-{model.Accession}-F{model.Fragment}";
            if (model.Fragment == 1)
            {
                yield return model.Accession;
            }
        }
    }

    private static int Preference(string path) => AlignmentReader.Endings.TakeWhile(ending => ending != AlignmentReader.Ending(path)).Count();
}
