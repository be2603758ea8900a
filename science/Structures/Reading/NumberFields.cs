using System.Buffers.Text;

namespace Ism.Structures;

/// <summary>Numbers from bytes, without strings and without cultures.</summary>
internal static class NumberFields
{
    private static readonly double[] Powers =
        [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15];

    /// <summary>A decimal number that fills the text; a standard uncertainty in parentheses after it is passed over. Not finite
    /// or beyond ±1e6: false.</summary>
    public static bool TryFloat(ReadOnlySpan<byte> text, out float value)
    {
        value = 0;
        var i = 0;
        var negative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            negative = text[0] == '-';
            i = 1;
        }

        long mantissa = 0;
        int digits = 0, decimals = 0;
        for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++, digits++)
        {
            mantissa = mantissa * 10 + (text[i] - '0');
        }

        if (i < text.Length && text[i] == '.')
        {
            for (i++; i < text.Length && (uint)(text[i] - '0') <= 9; i++, digits++, decimals++)
            {
                mantissa = mantissa * 10 + (text[i] - '0');
            }
        }

        if (digits is 0 or > 15 || i != text.Length)
        {
            return digits > 0 && TrySlow(text, out value);
        }

        var number = mantissa * Powers[decimals];
        value = (float)(negative ? -number : number);
        return number <= 1e6;
    }

    /// <summary>An integer that fills the text.</summary>
    public static bool TryInt(ReadOnlySpan<byte> text, out int value) =>
        Utf8Parser.TryParse(text.Length > 1 && text[0] == '+' ? text[1..] : text, out value, out var used)
        && used == text.Length - (text.Length > 1 && text[0] == '+' ? 1 : 0);

    /// <summary>A four-character residue number, decimal or hybrid-36 ("A000" follows 9999; Grosse-Kunstleve, cctbx).</summary>
    public static bool TryResidueNumber(ReadOnlySpan<byte> text, out int value)
    {
        if (TryInt(text, out value))
        {
            return true;
        }

        if (text.Length != 4 || (text[0] | 0x20) is not (>= 'a' and <= 'z'))
        {
            return false;
        }

        var lower = text[0] >= 'a';
        foreach (var c in text)
        {
            var digit = c is >= (byte)'0' and <= (byte)'9' ? c - '0'
                : c >= (lower ? 'a' : 'A') && c <= (lower ? 'z' : 'Z') ? c - (lower ? 'a' : 'A') + 10 : -1;
            if (digit < 0)
            {
                return false;
            }

            value = value * 36 + digit;
        }

        const int FirstBlock = 10 * 36 * 36 * 36;
        value += 10_000 - FirstBlock + (lower ? 26 * 36 * 36 * 36 : 0);
        return true;
    }

    private static bool TrySlow(ReadOnlySpan<byte> text, out float value)
    {
        var uncertainty = text.IndexOf((byte)'(');
        if (uncertainty > 0 && text[^1] == ')')
        {
            text = text[..uncertainty];
        }

        value = 0;
        if (!Utf8Parser.TryParse(text[0] == '+' ? text[1..] : text, out double number, out var used)
            || used != text.Length - (text[0] == '+' ? 1 : 0) || !(Math.Abs(number) <= 1e6))
        {
            return false;
        }

        value = (float)number;
        return true;
    }
}
