using Ism.Corpus;
using Ism.Protocol.Jobs;
using Ism.Structures;
using Ism.Structures.Numerics;

namespace Ism.Cli.Benchmarks;

/// <summary>A workspace with a catalogue and token files of chains that nobody has folded: for benchmarks of everything but science.
/// </summary>
internal static class GeneratedTokens
{
    /// <summary>Folder of the token files below the workspace.</summary>
    public const string Folder = "tokens/generated";

    private const int Codebook = 512;
    private const string Letters = "ACDEFGHIKLMNPQRSTVWY";

    /// <summary>Writes the catalogue and a token file for every chunk.</summary>
    /// <param name="workspace">An empty workspace.</param>
    /// <param name="chunks">Chunks of <paramref name="chunkSize"/> structures.</param>
    /// <param name="chunkSize">Structures a chunk.</param>
    /// <param name="shortest">Residues of the shortest chain.</param>
    /// <param name="longest">Residues of the longest; lengths between are equally likely in their logarithm.</param>
    /// <returns>The catalogue and its folder's name.</returns>
    public static (Catalogue Catalogue, string Name) Write(Workspace workspace, int chunks, int chunkSize, int shortest, int longest)
    {
        var catalogue = Catalogue.Create(
            Enumerable.Range(0, chunks * chunkSize).Select(i => new StructureEntry($"/generated/{i:D7}.pdb", null, -1, 0, 1)), chunkSize);
        var name = Path.GetFileName(catalogue.Save(workspace.At(Workspace.Catalogues), "generated"));
        var folder = workspace.At(Folder);
        Directory.CreateDirectory(folder);
        Parallel.For(0, chunks, chunk =>
        {
            var positions = catalogue.PositionsOf(chunk);
            var header = new TokenFileHeader(catalogue.Id, chunk, positions, "generated", "bench", ["structure"]);
            TokenFileWriter.Write(
                TokenFile.PathOf(folder, chunk), header,
                Enumerable.Range(0, positions.Count).Select(i => Row(positions.First + i, shortest, longest)), []);
        });
        return (catalogue, name);
    }

    private static TokenRow Row(long position, int shortest, int longest)
    {
        var random = new Random((int)CounterRandom.Key(1, 2, 3, (ulong)position));
        var length = (int)(shortest * Math.Pow((double)longest / shortest, random.NextDouble()));
        return new TokenRow
        {
            Position = position,
            Name = $"generated-{position:D7}",
            Chain = "A",
            Sequence = string.Create(length, random, (text, r) =>
            {
                for (var i = 0; i < text.Length; i++)
                {
                    text[i] = Letters[r.Next(Letters.Length)];
                }
            }),
            Tokens = [[.. Enumerable.Range(0, length).Select(_ => (ushort)random.Next(Codebook))]],
        };
    }
}
