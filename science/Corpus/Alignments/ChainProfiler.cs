using Ism.Structures;
using Ism.Structures.Alignments;

namespace Ism.Corpus.Alignments;

/// <summary>Makes the profiles of a structure's chains from a folder of alignments. Used by one thread at a time.</summary>
/// <param name="folder">The alignments.</param>
/// <param name="options">Weights and pseudo-counts.</param>
/// <param name="mostSequences">Sequences of an alignment to use; 0: all.</param>
public sealed class ChainProfiler(AlignmentFolder folder, ProfileOptions options, int mostSequences)
{
    /// <summary>One profile a chain, in the structure's order. A file that cannot be used, or that is of another protein, is that chain's
    /// problem.</summary>
    /// <param name="structure">The structure.</param>
    /// <param name="name">Its name, by which files are found.</param>
    /// <exception cref="IOException">The storage does not give a file.</exception>
    public IReadOnlyList<ChainProfile> Of(Structure structure, string name)
    {
        // Chains of the same sequence often share a file.
        var made = new Dictionary<(string Path, string Sequence), ChainProfile>();
        var profiles = new List<ChainProfile>();
        foreach (var chain in structure.Chains)
        {
            if (folder.Find(name, chain.Id) is not { } path)
            {
                profiles.Add(new ChainProfile(chain.Id, chain.Length, [], 0, 0, ""));
                continue;
            }

            if (!made.TryGetValue((path, chain.Sequence), out var profile))
            {
                made[(path, chain.Sequence)] = profile = Make(chain, path);
            }

            profiles.Add(profile with { Chain = chain.Id });
        }

        return profiles;
    }

    private ChainProfile Make(ProteinChain chain, string path)
    {
        try
        {
            var alignment = AlignmentReader.Read(path, mostSequences);
            var (columns, problem) = ChainColumns.Of(chain.Sequence, alignment.Query);
            if (columns is null)
            {
                return Without($"{path}: {problem}");
            }

            var profile = AlignmentProfile.Of(alignment, options);
            var values = new float[chain.Length * ChainProfile.Width];
            for (var residue = 0; residue < chain.Length; residue++)
            {
                for (var a = 0; columns[residue] >= 0 && a < ChainProfile.Width; a++)
                {
                    values[(residue * ChainProfile.Width) + a] = (float)profile.Column(columns[residue])[a];
                }
            }

            return new ChainProfile(chain.Id, chain.Length, values, alignment.Count, profile.EffectiveSequences, "");
        }
        catch (AlignmentFormatException e)
        {
            return Without(e.Message);
        }

        ChainProfile Without(string problem) => new(chain.Id, chain.Length, [], 0, 0, problem);
    }
}
