using System.Buffers.Text;

namespace Ism.Structures;

/// <summary>One decoded column: whole numbers, fractions, or texts; with a mask where values are absent ("." and "?" of the text
/// form).</summary>
internal sealed class BinaryCifColumn
{
    private readonly byte[] _scratch = new byte[24];
    private byte[][]? _texts;
    private double[]? _reals;
    private int[]? _mask;

    /// <summary>The values, where all are whole numbers and no texts.</summary>
    public int[]? Integers { get; private set; }

    /// <summary>Number of values.</summary>
    public int Count => _reals?.Length ?? Indices.Length;

    // Of texts the number of each row's text, else the values themselves.
    private int[] Indices { get; set; } = [];

    public static BinaryCifColumn Of(int[] values) => new() { Integers = values, Indices = values };

    public static BinaryCifColumn Of(double[] values) => new() { _reals = values };

    public static BinaryCifColumn Of(byte[][] texts, int[] indices) => new() { _texts = texts, Indices = indices };

    /// <summary>Sets which values are absent: 0 is present.</summary>
    public void Mask(int[] mask) => _mask = mask;

    /// <summary>Whether the row has a value.</summary>
    public bool Has(int row) => (_mask is null || _mask[row] == 0) && (_texts is null || !Text(row).IsEmpty);

    /// <summary>The value as text, empty where there is none. Valid until the next call for this column.</summary>
    public ReadOnlySpan<byte> Value(int row)
    {
        if (_mask is not null && _mask[row] != 0)
        {
            return default;
        }

        if (_texts is not null)
        {
            return Text(row);
        }

        int written;
        var formatted = _reals is null ? Utf8Formatter.TryFormat(Indices[row], _scratch, out written)
            : Utf8Formatter.TryFormat((float)_reals[row], _scratch, out written);
        return formatted ? _scratch.AsSpan(0, written) : default;
    }

    /// <summary>A finite number within ±1e6.</summary>
    public bool TryFloat(int row, out float value)
    {
        if (_texts is not null)
        {
            return NumberFields.TryFloat(Text(row), out value);
        }

        var number = _reals?[row] ?? Indices[row];
        value = (float)number;
        return Math.Abs(number) <= 1e6;
    }

    /// <summary>A whole number.</summary>
    public bool TryInteger(int row, out int value)
    {
        if (_texts is not null)
        {
            return NumberFields.TryInt(Text(row), out value);
        }

        if (_reals is null)
        {
            value = Indices[row];
            return true;
        }

        value = (int)_reals[row];
        return value == _reals[row];
    }

    private ReadOnlySpan<byte> Text(int row)
    {
        var index = Indices[row];
        ReadOnlySpan<byte> text = index < 0 ? default : _texts![index];
        return text.Length == 1 && text[0] is (byte)'.' or (byte)'?' ? default : text;
    }
}
