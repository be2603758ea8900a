using Ism.Corpus;
using Ism.Corpus.Teachers;
using Ism.Models.Codebook;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>Token files of chunks. Used by one thread at a time.</summary>
/// <param name="reading">Limits of reading.</param>
/// <param name="cache">Loaded encoders and codebooks.</param>
public sealed class Tokeniser(StructureReaderOptions reading, EncoderCache cache)
{
    /// <summary>Name of the token sequence that the atomic autoencoder makes.</summary>
    public const string Teacher = "autoencoder";

    private static readonly string Version = typeof(Tokeniser).Assembly.GetName().Version!.ToString(3);

    /// <summary>Writes the token file of a chunk in one go, without record or isolation; the same structures, encoder and codebook give
    /// the same bytes.</summary>
    /// <param name="catalogue">Names the structures.</param>
    /// <param name="chunk">Which of its chunks.</param>
    /// <param name="encoder">Folder of the autoencoder.</param>
    /// <param name="codebook">Folder of the codebook made with it.</param>
    /// <param name="path">File to write.</param>
    /// <param name="progress">Told the structures done.</param>
    /// <param name="cancel">Stops between two structures.</param>
    public TokenFileSummary Run(
        Catalogue catalogue, int chunk, string encoder, string codebook, string path, Action<int> progress, CancellationToken cancel)
    {
        using var maker = new TokenMaker(cache, [(encoder, codebook)]);
        var rows = new List<TokenRow>();
        var refused = new List<QuarantinedStructure>();
        var done = 0;
        foreach (var entry in ChunkStructures.Read(catalogue, chunk, reading))
        {
            cancel.ThrowIfCancellationRequested();
            if (entry.Structure is { } structure)
            {
                rows.AddRange(maker.Make(entry.Position, entry.Name, structure).Rows);
            }
            else if (entry.Refused is { } reason)
            {
                refused.Add(reason);
            }

            progress(++done);
        }

        return Write(catalogue, chunk, codebook, path, rows, refused);
    }

    /// <summary>Writes the token file of a chunk from its rows and refusals, in any order.</summary>
    /// <param name="catalogue">Names the structures.</param>
    /// <param name="chunk">Which of its chunks.</param>
    /// <param name="codebook">Folder of the codebook.</param>
    /// <param name="path">File to write.</param>
    /// <param name="rows">The chains with the autoencoder's tokens and those of further encoders.</param>
    /// <param name="refused">Structures that could not be used.</param>
    /// <param name="teachers">Further teachers, whose tokens follow those of the rows; null: none.</param>
    /// <param name="encoders">Names of the further encoders' token sequences; null: none.</param>
    /// <param name="featureWidth">Channels of the embeddings that the rows have; 0: they have none.</param>
    public static TokenFileSummary Write(
        Catalogue catalogue, int chunk, string codebook, string path, IEnumerable<TokenRow> rows, IEnumerable<QuarantinedStructure> refused,
        IReadOnlyList<(string Name, TeacherPart Tokens)>? teachers = null, IReadOnlyList<string>? encoders = null, int featureWidth = 0)
    {
        teachers ??= [];
        var header = new TokenFileHeader(
            catalogue.Id, chunk, catalogue.PositionsOf(chunk), StructureCodebook.IdentityOf(codebook), Version,
            [Teacher, .. encoders ?? [], .. teachers.Select(teacher => teacher.Name)])
        {
            FeatureWidth = featureWidth,
        };
        return TokenFileWriter.Write(path, header, teachers.Count == 0 ? rows : rows.Select(WithTeachers), refused);

        TokenRow WithTeachers(TokenRow row) => row with
        {
            Tokens = [.. row.Tokens, .. teachers.Select(teacher => teacher.Tokens.TokensOf(row.Position, row.Chain, row.Sequence))],
        };
    }
}
