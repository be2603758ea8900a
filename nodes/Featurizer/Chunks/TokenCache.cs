using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ism.Corpus;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>
/// Token files of earlier jobs (<c>featurizing.cache</c>). A chunk's file is named by everything that its content follows from: the
/// structures (their paths, sizes and times of change), the codebook and with it the encoder, the limits of reading, the program's version,
/// and whether embeddings are kept. Files with columns of further teachers are not kept.
/// What is there is checked and taken; what is not is made and put there. A cache that cannot be used costs time, never a chunk.
/// </summary>
/// <param name="context">The node.</param>
/// <param name="log">Told, for people, why the cache was no help.</param>
internal sealed class TokenCache(FeaturizerContext context, Action<string> log)
{
    // What another machine or another day may judge otherwise.
    private static readonly string[] OfTheMoment =
        [nameof(RefusalReason.Crashed), nameof(RefusalReason.TimedOut), nameof(RefusalReason.Unreadable)];

    private readonly string _folder = context.Job.Featurizing.Cache;

    /// <summary>Puts a chunk's token file in its place.</summary>
    /// <param name="work">Tokenising.</param>
    /// <param name="chunk">Which chunk.</param>
    /// <param name="path">Where its file belongs.</param>
    /// <returns>What it holds, and its refusals; null: it is not in the cache.</returns>
    public (TokenFileSummary Summary, IReadOnlyList<QuarantinedStructure> Refused)? Take(ChunkWork work, int chunk, string path)
    {
        if (_folder.Length == 0 || work.Teachers.Length + work.Encoders.Length > 0)
        {
            return null;
        }

        var cached = PathOf(work, chunk);
        if (!File.Exists(cached))
        {
            return null;
        }

        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(cached);
            using var file = TokenFile.Open(cached);
            var summary = Summary(file, bytes);
            var refused = file.Quarantine.ToList();
            DurableFile.Write(path, stream => stream.Write(bytes));
            return (summary, refused);
        }
        catch (InvalidDataException damage)
        {
            log($"{damage.Message}; the chunk is tokenised anew");
            return null;
        }
        catch (Exception e) when ((e is IOException or UnauthorizedAccessException) && !File.Exists(path))
        {
            log($"{cached} cannot be used ({e.Message}); the chunk is tokenised");
            return null;
        }
    }

    /// <summary>Keeps a chunk's token file for other jobs, unless a structure was refused for what may pass.</summary>
    public void Keep(ChunkWork work, int chunk, string path, IEnumerable<QuarantinedStructure> refused)
    {
        if (_folder.Length == 0 || work.Teachers.Length + work.Encoders.Length > 0 || refused.Any(r => OfTheMoment.Contains(r.Reason)))
        {
            return;
        }

        var cached = PathOf(work, chunk);
        try
        {
            using var made = File.OpenRead(path);
            DurableFile.Write(cached, made.CopyTo);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"{cached} cannot be written ({e.Message}); other jobs will tokenise this chunk again");
        }
    }

    /// <summary>What a token file holds.</summary>
    public static TokenFileSummary Summary(TokenFile file, byte[] bytes)
    {
        var structures = 0;
        long residues = 0;
        for (var row = 0; row < file.RowCount; row++)
        {
            structures += row == 0 || file.Position(row) != file.Position(row - 1) ? 1 : 0;
            residues += file.Length(row);
        }

        return new TokenFileSummary(
            Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length, structures, file.RowCount, residues, file.Quarantine.Count);
    }

    private string PathOf(ChunkWork work, int chunk)
    {
        var catalogue = context.Catalogue(work.Catalogue);
        var corpus = context.Job.Corpus;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(typeof(TokenCache).Assembly.GetName().Version, catalogue.Id, chunk, StructureCodebook.IdentityOf(context.Workspace.At(work.Codebook)),
            context.Job.Featurizing.Precision, corpus.MinLength, corpus.MaxLength, corpus.MaxFileMegabytes, corpus.MaxContentMegabytes,
            corpus.MaxStructureAtoms, corpus.StructureSeconds, corpus.StructureMegabytes);
        if (work.Features)
        {
            // A file of its own: one without features is of no use to who wants them, and neither is one with them to who does not.
            Add("features");
        }

        var seen = "";
        foreach (var entry in catalogue.EntriesOf(chunk))
        {
            // Members of an archive lie in one file.
            if (entry.Path != seen)
            {
                var file = new FileInfo(seen = entry.Path);
                Add(entry.Path, file.Exists ? file.Length : -1, file.Exists ? file.LastWriteTimeUtc.Ticks : 0);
            }
        }

        var name = Convert.ToHexStringLower(hash.GetHashAndReset());
        return Path.Combine(_folder, name[..2], $"{name}.arrow");

        void Add(params object?[] parts) =>
            hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', parts.Select(p => Convert.ToString(p, CultureInfo.InvariantCulture))) + "\n\n"));
    }
}
