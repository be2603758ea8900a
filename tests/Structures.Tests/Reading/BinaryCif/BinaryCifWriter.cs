using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using static Ism.Structures.Tests.Reading.BinaryCif.MessagePackBytes;

namespace Ism.Structures.Tests.Reading.BinaryCif;

/// <summary>How a test's file is encoded.</summary>
public enum BinaryCifStyle
{
    /// <summary>Raw arrays, 64-bit fractions.</summary>
    Plain,

    /// <summary>32-bit fractions and unsigned bytes.</summary>
    Single,

    /// <summary>As Mol* writes: fixed point, differences, runs, packed into signed bytes.</summary>
    Packed,

    /// <summary>Fixed point and differences, packed into 16 bits; unsigned where nothing is negative.</summary>
    Wide,

    /// <summary>Everything as text.</summary>
    Texts,
}

/// <summary>Writes BinaryCIF from text mmCIF, so that a reader of both can be held against itself.</summary>
internal static class BinaryCifWriter
{
    private static readonly string[] Fractions = ["Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv"];
    private static readonly string[] Integers = ["id", "label_seq_id", "auth_seq_id", "pdbx_PDB_model_num"];

    public static byte[] Write(byte[] mmcif, BinaryCifStyle style) => File(
        [.. CifCategories.Read(mmcif).Select(c => Category(c.Name, c.Rows, [.. c.Columns.Select(column =>
            Column(column.Name, column.Values, c.Name == "_atom_site" ? style : BinaryCifStyle.Texts))]))]);

    public static byte[] File(params byte[][] categories) => Map(
        ("encoder", Text("tests")),
        ("version", Text("0.3.0")),
        ("dataBlocks", Array(Map(("header", Text("X")), ("categories", Array(categories))))));

    public static byte[] Category(string name, int rows, byte[][] columns) =>
        Map(("name", Text(name)), ("columns", Array(columns)), ("rowCount", Integer(rows)));

    public static byte[] Column(string name, byte[] data, byte[]? mask = null) =>
        Map(("name", Text(name)), ("data", data), ("mask", mask ?? Null));

    public static byte[] Data(byte[] bytes, params byte[][] encodings) =>
        Map(("data", Bytes(bytes)), ("encoding", Array(encodings)));

    public static byte[] Encoding(string kind, params (string, byte[])[] fields) => Map([("kind", Text(kind)), .. fields]);

    public static byte[] Column(string name, IReadOnlyList<string?> values, BinaryCifStyle style)
    {
        var absent = values.Select(v => v is null or "." ? 1 : v == "?" ? 2 : 0).ToArray();
        var mask = absent.Any(a => a != 0) ? IntegerData(absent, BinaryCifStyle.Packed) : null;
        var number = style != BinaryCifStyle.Texts;
        return Column(
            name,
            number && Fractions.Contains(name) ? FractionData([.. values.Select((v, i) => absent[i] != 0 ? "0" : v!)], style)
                : number && Integers.Contains(name)
                    ? IntegerData([.. values.Select((v, i) => absent[i] != 0 ? 0 : int.Parse(v!, CultureInfo.InvariantCulture))], style)
                    : TextData(values.Select((v, i) => absent[i] != 0 ? "" : v!), style),
            mask);
    }

    private static byte[] FractionData(string[] values, BinaryCifStyle style)
    {
        var numbers = values.Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray();
        if (style == BinaryCifStyle.Plain)
        {
            return Data(MemoryMarshal.AsBytes<double>(numbers).ToArray(), Encoding("ByteArray", ("type", Integer(33))));
        }

        if (style == BinaryCifStyle.Single)
        {
            var single = System.Array.ConvertAll(numbers, n => (float)n);
            return Data(MemoryMarshal.AsBytes<float>(single).ToArray(), Encoding("ByteArray", ("type", Integer(32))));
        }

        var decimals = values.Max(v => v.Contains('.', StringComparison.Ordinal) ? v.Length - v.IndexOf('.', StringComparison.Ordinal) - 1 : 0);
        var factor = Math.Pow(10, decimals);
        var whole = System.Array.ConvertAll(numbers, n => (int)Math.Round(n * factor));
        return Integers32(whole, style, [Encoding("FixedPoint", ("factor", Number(factor)), ("srcType", Integer(33)))]);
    }

    private static byte[] IntegerData(int[] values, BinaryCifStyle style) => Integers32(values, style, []);

    private static byte[] Integers32(int[] values, BinaryCifStyle style, List<byte[]> encodings)
    {
        if (style is BinaryCifStyle.Plain or BinaryCifStyle.Single)
        {
            return Data(MemoryMarshal.AsBytes<int>(values).ToArray(), [.. encodings, Encoding("ByteArray", ("type", Integer(3)))]);
        }

        var origin = values.Length > 0 ? values[0] : 0;
        var differences = values.Select((v, i) => i == 0 ? 0 : v - values[i - 1]).ToArray();
        encodings.Add(Encoding("Delta", ("origin", Integer(origin)), ("srcType", Integer(3))));
        if (style == BinaryCifStyle.Packed)
        {
            encodings.Add(Encoding("RunLength", ("srcType", Integer(3)), ("srcSize", Integer(values.Length))));
            differences = Runs(differences);
        }

        var wide = style == BinaryCifStyle.Wide;
        var unsigned = wide && differences.All(d => d >= 0);
        encodings.Add(Encoding("IntegerPacking", ("byteCount", Integer(wide ? 2 : 1)), ("isUnsigned", Flag(unsigned)),
            ("srcSize", Integer(differences.Length))));
        encodings.Add(Encoding("ByteArray", ("type", Integer(wide ? unsigned ? 5 : 2 : 1))));
        return Data(Pack(differences, wide, unsigned), [.. encodings]);
    }

    private static int[] Runs(int[] values)
    {
        var runs = new List<int>();
        foreach (var value in values)
        {
            if (runs.Count > 0 && runs[^2] == value)
            {
                runs[^1]++;
            }
            else
            {
                runs.AddRange([value, 1]);
            }
        }

        return [.. runs];
    }

    private static byte[] Pack(int[] values, bool wide, bool unsigned)
    {
        var upper = (wide ? 0x7FFF : 0x7F) * (unsigned ? 2 : 1) + (unsigned ? 1 : 0);
        var bytes = new List<byte>();
        foreach (var value in values)
        {
            var rest = value;
            for (; rest >= upper; rest -= upper)
            {
                Add(upper);
            }

            for (; rest <= -upper - 1; rest += upper + 1)
            {
                Add(-upper - 1);
            }

            Add(rest);
        }

        return [.. bytes];

        void Add(int part)
        {
            Span<byte> two = stackalloc byte[2];
            BinaryPrimitives.WriteInt16LittleEndian(two, unchecked((short)part));
            bytes.AddRange(wide ? two : two[..1]);
        }
    }

    private static byte[] TextData(IEnumerable<string> values, BinaryCifStyle style)
    {
        var numbers = new Dictionary<string, int>();
        var texts = new List<string>();
        var indices = new List<int>();
        foreach (var value in values)
        {
            if (value.Length > 0 && numbers.TryAdd(value, texts.Count))
            {
                texts.Add(value);
            }

            indices.Add(value.Length == 0 ? -1 : numbers[value]);
        }

        var offsets = new List<int> { 0 };
        texts.ForEach(t => offsets.Add(offsets[^1] + t.Length));
        var (data, dataEncodings) = Parts([.. indices], style);
        var (offsetData, offsetEncodings) = Parts([.. offsets], style);
        return Data(data, Encoding("StringArray", ("dataEncoding", dataEncodings), ("stringData", Text(string.Concat(texts))),
            ("offsetEncoding", offsetEncodings), ("offsets", Bytes(offsetData))));
    }

    private static (byte[] Data, byte[] Encodings) Parts(int[] values, BinaryCifStyle style)
    {
        if (style is not (BinaryCifStyle.Plain or BinaryCifStyle.Texts))
        {
            var wide = style == BinaryCifStyle.Wide;
            var runs = wide ? values : Runs(values);
            return (Pack(runs, wide, unsigned: false), Array([
                .. wide ? System.Array.Empty<byte[]>() : [Encoding("RunLength", ("srcType", Integer(3)), ("srcSize", Integer(values.Length)))],
                Encoding("IntegerPacking", ("byteCount", Integer(wide ? 2 : 1)), ("isUnsigned", Flag(false)), ("srcSize", Integer(runs.Length))),
                Encoding("ByteArray", ("type", Integer(wide ? 2 : 1)))]));
        }

        return (MemoryMarshal.AsBytes<int>(values).ToArray(), Array(Encoding("ByteArray", ("type", Integer(3)))));
    }
}
