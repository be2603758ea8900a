using System.Buffers.Binary;
using System.Text;

namespace Ism.House.Tests;

/// <summary>The least 64-bit little-endian ELF file that needs versions of libraries: a string table and a .gnu.version_r section.</summary>
internal static class TinyElf
{
    private const int HeaderSize = 64;
    private const int SectionSize = 64;
    private const int NeedSize = 16;
    private const int AuxSize = 16;

    /// <summary>Builds a file.</summary>
    /// <param name="needs">Each library with the versions needed of it and their flags.</param>
    public static byte[] Build(params (string Library, (string Version, ushort Flags)[] Versions)[] needs)
    {
        var strings = new MemoryStream();
        strings.WriteByte(0);
        var table = new byte[needs.Length * NeedSize + needs.Sum(n => n.Versions.Length) * AuxSize];
        var at = 0;
        for (var n = 0; n < needs.Length; n++)
        {
            var (library, versions) = needs[n];
            var size = NeedSize + versions.Length * AuxSize;
            var need = table.AsSpan(at, size);
            BinaryPrimitives.WriteUInt16LittleEndian(need, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(need[2..], (ushort)versions.Length);
            BinaryPrimitives.WriteInt32LittleEndian(need[4..], Add(strings, library));
            BinaryPrimitives.WriteInt32LittleEndian(need[8..], NeedSize);
            BinaryPrimitives.WriteInt32LittleEndian(need[12..], n + 1 < needs.Length ? size : 0);
            for (var v = 0; v < versions.Length; v++)
            {
                var aux = need[(NeedSize + v * AuxSize)..];
                BinaryPrimitives.WriteUInt16LittleEndian(aux[4..], versions[v].Flags);
                BinaryPrimitives.WriteUInt16LittleEndian(aux[6..], (ushort)(v + 2));
                BinaryPrimitives.WriteInt32LittleEndian(aux[8..], Add(strings, versions[v].Version));
                BinaryPrimitives.WriteInt32LittleEndian(aux[12..], v + 1 < versions.Length ? AuxSize : 0);
            }

            at += size;
        }

        var names = strings.ToArray();
        var image = new byte[HeaderSize + names.Length + table.Length + 3 * SectionSize];
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(image, 0);
        names.CopyTo(image, HeaderSize);
        table.CopyTo(image, HeaderSize + names.Length);
        var sections = HeaderSize + names.Length + table.Length;
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(0x28), sections);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x3A), SectionSize);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x3C), 3);
        Section(image.AsSpan(sections + SectionSize), type: 3, HeaderSize, names.Length, link: 0, info: 0);
        Section(image.AsSpan(sections + 2 * SectionSize), type: 0x6ffffffe, HeaderSize + names.Length, table.Length, link: 1, needs.Length);
        return image;
    }

    private static void Section(Span<byte> header, uint type, int offset, int size, int link, int info)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], type);
        BinaryPrimitives.WriteInt64LittleEndian(header[0x18..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(header[0x20..], size);
        BinaryPrimitives.WriteInt32LittleEndian(header[0x28..], link);
        BinaryPrimitives.WriteInt32LittleEndian(header[0x2C..], info);
    }

    private static int Add(MemoryStream strings, string text)
    {
        var at = (int)strings.Length;
        strings.Write(Encoding.ASCII.GetBytes(text + "\0"));
        return at;
    }
}
