using System.Security.Cryptography;
using Ism.Corpus;
using Ism.Protocol.Ledger;

namespace Ism.Cli.Verification;

/// <summary>Every structure ends in exactly one of tokenised or quarantined, and the ledger says the same as the files.</summary>
internal static class TokenAccounts
{
    /// <summary>Looks at the token files of one catalogue.</summary>
    /// <param name="folder">Folder of the token files.</param>
    /// <param name="catalogue">What was to be tokenised.</param>
    /// <param name="journal">The job's journal.</param>
    /// <param name="name">Name of the token folder below tokens/, by which the ledger is called.</param>
    public static IEnumerable<Finding> Check(
        string folder, Catalogue catalogue, IReadOnlyList<JournalReader.Entry> journal, string name)
    {
        yield return EachStructureOnce(folder, catalogue);
        yield return EachChunkOnce(folder, catalogue, journal, name);
        var strays = Directory.EnumerateFiles(folder).Where(f => !f.EndsWith(".arrow", StringComparison.Ordinal)).Select(Path.GetFileName).ToList();
        yield return new Finding($"{name}: nothing is left half written", strays.Count == 0, strays.Count == 0 ? "" : string.Join(", ", strays.Take(5)));
    }

    private static Finding EachStructureOnce(string folder, Catalogue catalogue)
    {
        var times = new int[catalogue.Count];
        var (tokenised, quarantined) = (0L, 0L);
        var unreadable = new List<string>();
        for (var chunk = 0; chunk < catalogue.ChunkCount; chunk++)
        {
            try
            {
                using var file = TokenFile.Open(TokenFile.PathOf(folder, chunk));
                foreach (var position in Enumerable.Range(0, file.RowCount).Select(file.Position).Distinct())
                {
                    times[position]++;
                    tokenised++;
                }

                foreach (var refused in file.Quarantine)
                {
                    times[refused.Position]++;
                    quarantined++;
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                unreadable.Add(e.Message);
            }
        }

        var wrong = times.Select((n, position) => (n, position)).Where(t => t.n != 1).ToList();
        return new Finding(
            "every structure is tokenised or quarantined, once",
            wrong.Count == 0 && unreadable.Count == 0,
            unreadable.Count > 0 ? string.Join("; ", unreadable.Take(5))
            : wrong.Count == 0
                ? $"{catalogue.Count:N0} structures: {tokenised:N0} tokenised, {quarantined:N0} quarantined"
                : $"{wrong.Count} structures are not: {string.Join(", ", wrong.Take(5).Select(t => $"position {t.position} {t.n} times"))}");
    }

    // A chunk may be committed again only after its file was found damaged or gone, which no fault of a node or link brings about.
    private static Finding EachChunkOnce(string folder, Catalogue catalogue, IReadOnlyList<JournalReader.Entry> journal, string name)
    {
        var commits = journal.Where(e => e.Owner == $"ledger-tokenise-{name}").Select(e => e.Event).OfType<ChunkCommitted>()
            .GroupBy(c => c.Chunk).ToDictionary(g => g.Key, g => g.ToList());
        var problems = new List<string>();
        for (var chunk = 0; chunk < catalogue.ChunkCount; chunk++)
        {
            var committed = commits.GetValueOrDefault(chunk, []);
            var path = TokenFile.PathOf(folder, chunk);
            var sha = File.Exists(path) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))) : "";
            if (committed.Count != 1 || committed[0].Sha256 != sha)
            {
                problems.Add(committed.Count == 1 ? $"chunk {chunk} is not the file that was committed" : $"chunk {chunk} was committed {committed.Count} times");
            }
        }

        return new Finding(
            "the ledger has each chunk once, with the hash of its file",
            problems.Count == 0,
            problems.Count == 0 ? $"{commits.Count} chunks" : string.Join("; ", problems.Take(5)));
    }
}
