using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs.Rules;

/// <summary>What holds of the corpus's settings.</summary>
internal static class CorpusRules
{
    public static void Check(CorpusOptions corpus, Problems found)
    {
        found.Range("corpus.chunkSize", corpus.ChunkSize, 1, 256);
        found.Range("corpus.minLength", corpus.MinLength, 1, 1_000_000);
        found.Range("corpus.maxLength", corpus.MaxLength, 1, 1_000_000);
        if (corpus.MinLength > corpus.MaxLength)
        {
            found.Conflict(("corpus.minLength", corpus.MinLength), ("corpus.maxLength", corpus.MaxLength), "no chain has such a length");
        }

        found.Range("corpus.maxFileMegabytes", corpus.MaxFileMegabytes, 1, 2047, "MB");
        found.Range("corpus.maxContentMegabytes", corpus.MaxContentMegabytes, 1, 2047, "MB");
        found.Range("corpus.maxStructureAtoms", corpus.MaxStructureAtoms, 1, 50_000_000);
        if (corpus.StructureSeconds != 0)
        {
            found.Range("corpus.structureSeconds", corpus.StructureSeconds, 0.1, 86_400, "s; 0 switches the limit off");
        }

        if (corpus.StructureMegabytes != 0)
        {
            found.Range("corpus.structureMegabytes", corpus.StructureMegabytes, 256, 1_000_000, "MB; 0 switches the limit off");
        }

        found.Range("corpus.radius", corpus.Radius, 1, 50, "Å");
        found.Range("corpus.maxAtoms", corpus.MaxAtoms, 1, 10_000);
        found.Range("corpus.windowChunks", corpus.WindowChunks, 1, 100_000);
    }
}
