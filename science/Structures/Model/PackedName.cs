namespace Ism.Structures;

/// <summary>Short names (atoms, residues, chains) as one number, so that reading compares and stores them without
/// strings.</summary>
internal static class PackedName
{
    /// <summary>Up to eight bytes as they are; a longer name as a 64-bit hash (FNV-1a) with its top bit set.</summary>
    public static ulong Pack(ReadOnlySpan<byte> name)
    {
        ulong packed = 0;
        if (name.Length <= 8)
        {
            for (var i = name.Length - 1; i >= 0; i--)
            {
                packed = (packed << 8) | name[i];
            }

            return packed;
        }

        packed = 14695981039346656037UL;
        foreach (var c in name)
        {
            packed = (packed ^ c) * 1099511628211UL;
        }

        return packed | (1UL << 63);
    }

    /// <summary>The packed form of a short ASCII text.</summary>
    public static ulong Pack(string name)
    {
        ulong packed = 0;
        for (var i = Math.Min(name.Length, 8) - 1; i >= 0; i--)
        {
            packed = (packed << 8) | (byte)name[i];
        }

        return packed;
    }

    /// <summary>The text of a name of up to eight bytes; a hash in hexadecimal for a longer one.</summary>
    public static string Text(ulong packed)
    {
        if (packed >> 63 != 0)
        {
            return packed.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        }

        Span<char> text = stackalloc char[8];
        var length = 0;
        for (; packed != 0; packed >>= 8)
        {
            text[length++] = (char)(packed & 0xFF);
        }

        return new string(text[..length]);
    }
}
