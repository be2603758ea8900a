using System.Diagnostics;

namespace Ism.Structures.Measurement;

/// <summary>What reading a set of files once took, on one thread.</summary>
/// <param name="Structures">Files that gave a structure.</param>
/// <param name="Refused">Files that were refused; their time counts too.</param>
/// <param name="StoredBytes">Bytes as stored (compressed), of all files.</param>
/// <param name="ContentBytes">Bytes after decompression.</param>
/// <param name="LoadSeconds">Opening, reading from the file system and decompressing.</param>
/// <param name="ParseSeconds">Text to raw atoms; waters and hydrogens are left out here.</param>
/// <param name="CleanSeconds">Conformers, chains, limits, pLDDT, notes, and the arrays of the <see cref="Structure"/>.</param>
/// <param name="AllocatedBytes">Managed bytes that the thread allocated, the structures included.</param>
public readonly record struct ReadingPass(
    int Structures,
    int Refused,
    long StoredBytes,
    long ContentBytes,
    double LoadSeconds,
    double ParseSeconds,
    double CleanSeconds,
    long AllocatedBytes)
{
    /// <summary>Seconds of the whole pass.</summary>
    public double Seconds => LoadSeconds + ParseSeconds + CleanSeconds;

    /// <summary>Structures read a second, decompression and cleaning included.</summary>
    public double StructuresPerSecond => Structures / Seconds;

    /// <summary>Reads every file once, one after the other on this thread.</summary>
    /// <param name="files">Paths of PDB or mmCIF files, compressed or not.</param>
    /// <param name="options">Limits.</param>
    /// <param name="keep">Given every structure; null: they are dropped.</param>
    /// <exception cref="IOException">A file cannot be read at all.</exception>
    public static ReadingPass Run(IReadOnlyList<string> files, StructureReaderOptions? options = null, Action<Structure>? keep = null)
    {
        options ??= StructureReaderOptions.Default;
        var pass = default(ReadingPass);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        foreach (var file in files)
        {
            pass = pass.With(file, options, keep);
        }

        return pass with { AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - allocated };
    }

    private ReadingPass With(string file, StructureReaderOptions options, Action<Structure>? keep)
    {
        var started = Stopwatch.GetTimestamp();
        long loaded = 0, parsed = 0;
        long stored = 0, length = 0;
        Structure? structure = null;
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            stored = stream.Length;
            using var content = StructureContent.Load(stream, file, options);
            length = content.Span.Length;
            loaded = Stopwatch.GetTimestamp();
            var raw = StructureReader.ParseRaw(content.Span, file, file, options);
            parsed = Stopwatch.GetTimestamp();
            structure = StructureReader.Assemble(raw, file);
        }
        catch (StructureRefusedException)
        {
            // Counted below; what it took belongs to the phase that refused it.
        }

        var ended = Stopwatch.GetTimestamp();
        loaded = loaded == 0 ? ended : loaded;
        parsed = parsed == 0 ? ended : parsed;
        if (structure is not null)
        {
            keep?.Invoke(structure);
        }

        return this with
        {
            Structures = Structures + (structure is null ? 0 : 1),
            Refused = Refused + (structure is null ? 1 : 0),
            StoredBytes = StoredBytes + stored,
            ContentBytes = ContentBytes + length,
            LoadSeconds = LoadSeconds + Stopwatch.GetElapsedTime(started, loaded).TotalSeconds,
            ParseSeconds = ParseSeconds + Stopwatch.GetElapsedTime(loaded, parsed).TotalSeconds,
            CleanSeconds = CleanSeconds + Stopwatch.GetElapsedTime(parsed, ended).TotalSeconds,
        };
    }
}
