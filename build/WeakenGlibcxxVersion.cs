// TorchSharp's libLibTorchSharp.so asks libstdc++.so.6 for version GLIBCXX_3.4.32 (GCC 13) although nothing in it uses a
// symbol of that version: the only one, _ZSt21ios_base_library_initv, is undefined and has no relocation. The loader of
// Debian 12 and Ubuntu 22.04 still refuses the file. A version need that is marked weak (VER_FLG_WEAK) is not refused.
// The file is compiled by MSBuild (RoslynCodeTaskFactory, netstandard2.0) and, without the task, by its test.
#if !ELF_LOGIC_ONLY
using System;
using System.IO;
#endif
using System.Text;

/// <summary>Edits the table of needed symbol versions (.gnu.version_r) of a 64-bit little-endian ELF file in memory.</summary>
public static class ElfVersionNeeds
{
    private const uint SectionTypeVersionNeed = 0x6ffffffe;
    private const ushort Weak = 0x2;

    /// <summary>Marks every need of <paramref name="version"/> weak. Returns the number of entries changed; 0 when the file
    /// does not ask for that version or was changed before.</summary>
    /// <exception cref="InvalidDataException">The image is no 64-bit little-endian ELF file or its tables lie outside it.</exception>
    public static int Weaken(byte[] image, string version)
    {
        if (image.Length < 64 || image[0] != 0x7f || image[1] != 'E' || image[2] != 'L' || image[3] != 'F' || image[4] != 2 || image[5] != 1)
        {
            throw new InvalidDataException("not a 64-bit little-endian ELF file");
        }

        try
        {
            var sections = checked((int)BitConverter.ToUInt64(image, 0x28));
            int entrySize = BitConverter.ToUInt16(image, 0x3A), count = BitConverter.ToUInt16(image, 0x3C);
            var changed = 0;
            for (var i = 0; i < count; i++)
            {
                var section = sections + i * entrySize;
                if (BitConverter.ToUInt32(image, section + 4) == SectionTypeVersionNeed)
                {
                    changed += WeakenSection(image, version, section, sections, entrySize);
                }
            }

            return changed;
        }
        catch (Exception e) when (e is ArgumentException || e is IndexOutOfRangeException || e is OverflowException)
        {
            throw new InvalidDataException("the ELF section tables point outside the file", e);
        }
    }

    private static int WeakenSection(byte[] image, string version, int section, int sections, int entrySize)
    {
        var need = checked((int)BitConverter.ToUInt64(image, section + 0x18));
        var link = BitConverter.ToInt32(image, section + 0x28);
        var needs = BitConverter.ToInt32(image, section + 0x2C);
        var strings = checked((int)BitConverter.ToUInt64(image, sections + link * entrySize + 0x18));
        var changed = 0;
        for (var n = 0; n < needs; n++)
        {
            int auxCount = BitConverter.ToUInt16(image, need + 2);
            var aux = need + BitConverter.ToInt32(image, need + 8);
            for (var a = 0; a < auxCount; a++)
            {
                var flags = BitConverter.ToUInt16(image, aux + 4);
                if ((flags & Weak) == 0 && ReadString(image, strings + BitConverter.ToInt32(image, aux + 8)) == version)
                {
                    flags |= Weak;
                    image[aux + 4] = (byte)flags;
                    image[aux + 5] = (byte)(flags >> 8);
                    changed++;
                }

                aux += BitConverter.ToInt32(image, aux + 12);
            }

            need += BitConverter.ToInt32(image, need + 12);
        }

        return changed;
    }

    private static string ReadString(byte[] image, int offset)
    {
        var end = Array.IndexOf(image, (byte)0, offset);
        return Encoding.ASCII.GetString(image, offset, end - offset);
    }
}

#if !ELF_LOGIC_ONLY
/// <summary>MSBuild task: copies Source to Destination, with the need of Version marked weak where this system lacks it.</summary>
public sealed class WeakenGlibcxxVersion : Microsoft.Build.Utilities.Task
{
    [Microsoft.Build.Framework.Required]
    public string Source { get; set; }

    [Microsoft.Build.Framework.Required]
    public string Destination { get; set; }

    [Microsoft.Build.Framework.Required]
    public string Version { get; set; }

    public override bool Execute()
    {
        var image = File.ReadAllBytes(Source);
        if (!SystemHas(Version))
        {
            var changed = ElfVersionNeeds.Weaken(image, Version);
            Log.LogMessage("{0}: {1} need(s) of {2} marked weak", Source, changed, Version);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        // A new file put in place, so that a link into the package cache is replaced and never written through.
        var temporary = Destination + ".new";
        File.WriteAllBytes(temporary, image);
        if (File.Exists(Destination))
        {
            File.Delete(Destination);
        }

        File.Move(temporary, Destination);
        return true;
    }

    private static bool SystemHas(string version)
    {
        foreach (var folder in new[] { "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib" })
        {
            var library = Path.Combine(folder, "libstdc++.so.6");
            if (File.Exists(library))
            {
                return Encoding.GetEncoding("ISO-8859-1").GetString(File.ReadAllBytes(library)).Contains(version + "\0");
            }
        }

        return false;
    }
}
#endif
