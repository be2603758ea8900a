using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ism.Structures;

namespace Ism.Corpus.Streaming;

/// <summary>The masked microenvironments of the residues that a visit draws from one structure.</summary>
public static class EnvironmentDraw
{
    private const int HeaderBytes = 5;

    /// <summary>Draws chain and residues from the visit's key and finds their microenvironments.</summary>
    /// <param name="finder">Finder with the job's radius and cap.</param>
    /// <param name="structure">The visited structure.</param>
    /// <param name="drawKey">Key of the visit.</param>
    /// <param name="residues">Residues to draw; 0 takes the whole chain.</param>
    public static Microenvironment[] Draw(MicroenvironmentFinder finder, Structure structure, ulong drawKey, int residues)
    {
        var chain = structure.Chains[Draws.Chain(drawKey, structure.Chains.Length)];
        finder.Use(structure);
        return [.. Draws.Residues(drawKey, chain.Length, residues).Select(i => finder.Find(chain.ResidueIndices[i]))];
    }

    /// <summary>As bytes: for each its amino acid (byte), atom count (int32), elements, coordinates (float32); little-endian.</summary>
    public static byte[] ToBytes(IReadOnlyList<Microenvironment> environments)
    {
        var stream = new ArrayBufferWriter<byte>();
        foreach (var environment in environments)
        {
            var bytes = HeaderBytes + (13 * environment.Count);
            var span = stream.GetSpan(bytes);
            span[0] = environment.AminoAcid;
            BinaryPrimitives.WriteInt32LittleEndian(span[1..], environment.Count);
            environment.Elements.CopyTo(span[HeaderBytes..]);
            MemoryMarshal.AsBytes(environment.Coordinates.AsSpan()).CopyTo(span[(HeaderBytes + environment.Count)..]);
            stream.Advance(bytes);
        }

        return stream.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are something else.</exception>
    public static Microenvironment[] FromBytes(ReadOnlySpan<byte> bytes)
    {
        var environments = new List<Microenvironment>();
        while (bytes.Length > 0)
        {
            var count = bytes.Length < HeaderBytes ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes[1..]);
            if (count < 0 || bytes.Length < HeaderBytes + (13L * count))
            {
                throw new InvalidDataException($"{bytes.Length} bytes are no microenvironment of {count} atoms");
            }

            var elements = bytes.Slice(HeaderBytes, count).ToArray();
            var coordinates = MemoryMarshal.Cast<byte, float>(bytes.Slice(HeaderBytes + count, 12 * count)).ToArray();
            environments.Add(new Microenvironment(elements, coordinates, bytes[0]));
            bytes = bytes[(HeaderBytes + (13 * count))..];
        }

        return [.. environments];
    }
}
