using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Ism.Corpus.Alignments;

/// <summary>The profiles of one chunk's structures, as an Arrow file: a row for each chain with position (int64), chain, length (int32), profile
/// (binary: length x 20 float32, little-endian; empty for none), sequences (int32), effectiveSequences (float64) and problem. The same profiles
/// give the same bytes.</summary>
public sealed class ProfileFile
{
    private static readonly Schema Columns = new Schema.Builder()
        .Field(new Field("position", Int64Type.Default, nullable: false))
        .Field(new Field("chain", StringType.Default, nullable: false))
        .Field(new Field("length", Int32Type.Default, nullable: false))
        .Field(new Field("profile", BinaryType.Default, nullable: false))
        .Field(new Field("sequences", Int32Type.Default, nullable: false))
        .Field(new Field("effectiveSequences", DoubleType.Default, nullable: false))
        .Field(new Field("problem", StringType.Default, nullable: false))
        .Build();

    private readonly Dictionary<long, List<ChainProfile>> _chains = [];

    private ProfileFile()
    {
    }

    /// <summary>Positions with chains, ascending.</summary>
    public IEnumerable<long> Positions => _chains.Keys.Order();

    /// <summary>The file of a chunk.</summary>
    public static string PathOf(string folder, int chunk) => Path.Combine(folder, $"chunk-{chunk:D6}.arrow");

    /// <summary>The profiles of a structure's chains, in its order; none for one that was refused.</summary>
    public IReadOnlyList<ChainProfile> Of(long position) => _chains.GetValueOrDefault(position) ?? [];

    /// <summary>Writes a file in place.</summary>
    /// <returns>Its SHA-256 in lower-case hex, and its length.</returns>
    public static (string Sha256, long Bytes) Write(string path, IEnumerable<(long Position, ChainProfile Profile)> rows)
    {
        var (positions, chains, lengths) = (new Int64Array.Builder(), new StringArray.Builder(), new Int32Array.Builder());
        var (profiles, sequences) = (new BinaryArray.Builder(), new Int32Array.Builder());
        var (effective, problems) = (new DoubleArray.Builder(), new StringArray.Builder());
        var count = 0;
        foreach (var (position, profile) in rows)
        {
            positions.Append(position);
            chains.Append(profile.Chain);
            lengths.Append(profile.Length);
            profiles.Append(MemoryMarshal.AsBytes(profile.Values.AsSpan()));
            sequences.Append(profile.Sequences);
            effective.Append(profile.EffectiveSequences);
            problems.Append(profile.Problem);
            count++;
        }

        using var batch = new RecordBatch(
            Columns,
            [positions.Build(), chains.Build(), lengths.Build(), profiles.Build(), sequences.Build(), effective.Build(), problems.Build()],
            count);
        using var bytes = new MemoryStream();
        ArrowFormat.Write(bytes, Columns, [batch]);
        DurableFile.Write(path, stream => bytes.WriteTo(stream));
        return (Convert.ToHexStringLower(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length))), bytes.Length);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file holds something else or is damaged; names it.</exception>
    public static ProfileFile Read(string path)
    {
        var file = new ProfileFile();
        var (_, batches) = ArrowFormat.Read(path);
        foreach (var batch in batches)
        {
            using (batch)
            {
                file.Add(batch, path);
            }
        }

        return file;
    }

    private void Add(RecordBatch batch, string path)
    {
        if (batch.Schema.FieldsList.Select(f => f.Name).SequenceEqual(Columns.FieldsList.Select(f => f.Name))
            && batch.Column(0) is Int64Array positions && batch.Column(1) is StringArray chains && batch.Column(2) is Int32Array lengths
            && batch.Column(3) is BinaryArray profiles && batch.Column(4) is Int32Array sequences
            && batch.Column(5) is DoubleArray effective && batch.Column(6) is StringArray problems)
        {
            for (var row = 0; row < batch.Length; row++)
            {
                var values = MemoryMarshal.Cast<byte, float>(profiles.GetBytes(row)).ToArray();
                var length = lengths.GetValue(row)!.Value;
                if (values.Length != 0 && values.Length != length * ChainProfile.Width)
                {
                    throw Damaged(path, $"row {row} has {values.Length} probabilities for {length} residues");
                }

                var position = positions.GetValue(row)!.Value;
                if (!_chains.TryGetValue(position, out var list))
                {
                    _chains[position] = list = [];
                }

                list.Add(new ChainProfile(
                    chains.GetString(row), length, values, sequences.GetValue(row)!.Value, effective.GetValue(row)!.Value, problems.GetString(row)));
            }

            return;
        }

        throw Damaged(path, "its columns are others");
    }

    private static InvalidDataException Damaged(string path, string how) =>
        new($"{path} is no file of profiles ({how}); delete it so that it is made again");
}
