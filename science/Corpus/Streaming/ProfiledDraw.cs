using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ism.Corpus.Alignments;
using Ism.Structures;

namespace Ism.Corpus.Streaming;

/// <summary>The masked microenvironments that a visit draws from one structure, each with the probabilities of its residue's column.</summary>
/// <param name="Environments">The microenvironments.</param>
/// <param name="Columns">For each the 20 probabilities, one after the other.</param>
public sealed record ProfiledDraw(Microenvironment[] Environments, float[] Columns)
{
    /// <summary>Draws one of the chains with a profile, and residues whose columns are known, from the visit's key.</summary>
    /// <param name="finder">Finder with the job's radius and cap.</param>
    /// <param name="structure">The visited structure.</param>
    /// <param name="profiles">Profiles of its chains.</param>
    /// <param name="drawKey">Key of the visit.</param>
    /// <param name="residues">Residues to draw; 0 takes all.</param>
    /// <returns>Null where no chain has a profile.</returns>
    /// <exception cref="InvalidDataException">The profiles are those of another structure.</exception>
    public static ProfiledDraw? Draw(
        MicroenvironmentFinder finder, Structure structure, IReadOnlyList<ChainProfile> profiles, ulong drawKey, int residues)
    {
        var known = profiles.Select((profile, chain) => (profile, chain, Residues: profile.KnownResidues())).Where(p => p.Residues.Length > 0).ToArray();
        if (known.Length == 0)
        {
            return null;
        }

        if (profiles.Count != structure.Chains.Length
            || profiles.Zip(structure.Chains).Any(pair => pair.First.Chain != pair.Second.Id || pair.First.Length != pair.Second.Length))
        {
            throw new InvalidDataException(
                $"{structure.Name} has other chains or lengths than when its profiles were made; has its file changed? Start the job in a new workspace");
        }

        var (taken, place, among) = known[Draws.Chain(drawKey, known.Length)];
        finder.Use(structure);
        var drawn = Draws.Residues(drawKey, among.Length, residues).Select(i => among[i]).ToArray();
        return new ProfiledDraw(
            [.. drawn.Select(residue => finder.Find(structure.Chains[place].ResidueIndices[residue]))],
            [.. drawn.SelectMany(residue => taken.Column(residue).ToArray())]);
    }

    /// <summary>As bytes: the number of environments (int32), their columns (20 float32 each), then the environments
    /// (<see cref="EnvironmentDraw.ToBytes"/>); little-endian.</summary>
    public byte[] ToBytes()
    {
        var count = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(count, Environments.Length);
        return [.. count, .. MemoryMarshal.AsBytes(Columns.AsSpan()), .. EnvironmentDraw.ToBytes(Environments)];
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are something else.</exception>
    public static ProfiledDraw FromBytes(ReadOnlySpan<byte> bytes)
    {
        var count = bytes.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var columns = (long)count * ChainProfile.Width * sizeof(float);
        if (count < 0 || bytes.Length - sizeof(int) < columns)
        {
            throw new InvalidDataException($"{bytes.Length} bytes are no {count} microenvironments with their columns");
        }

        var rest = bytes[(sizeof(int) + (int)columns)..];
        var environments = EnvironmentDraw.FromBytes(rest);
        return environments.Length == count
            ? new ProfiledDraw(environments, MemoryMarshal.Cast<byte, float>(bytes.Slice(sizeof(int), (int)columns)).ToArray())
            : throw new InvalidDataException($"{environments.Length} microenvironments follow where {count} were announced");
    }
}
