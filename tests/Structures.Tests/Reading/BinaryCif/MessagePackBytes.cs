using System.Buffers.Binary;
using System.Text;

namespace Ism.Structures.Tests.Reading.BinaryCif;

/// <summary>MessagePack values as bytes, as far as BinaryCIF needs them.</summary>
internal static class MessagePackBytes
{
    public static byte[] Map(params (string Key, byte[] Value)[] pairs) =>
        [0xDE, (byte)(pairs.Length >> 8), (byte)pairs.Length, .. pairs.SelectMany(p => (byte[])[.. Text(p.Key), .. p.Value])];

    public static byte[] Array(params byte[][] items) =>
        [0xDC, (byte)(items.Length >> 8), (byte)items.Length, .. items.SelectMany(i => i)];

    public static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length < 32 ? [(byte)(0xA0 + bytes.Length), .. bytes] : [0xDB, .. BigEndian(bytes.Length), .. bytes];
    }

    public static byte[] Bytes(byte[] bytes) => [0xC6, .. BigEndian(bytes.Length), .. bytes];

    public static byte[] Integer(int value) => value is >= 0 and < 128 ? [(byte)value] : [0xD2, .. BigEndian(value)];

    public static byte[] Number(double value)
    {
        var bytes = new byte[9];
        bytes[0] = 0xCB;
        BinaryPrimitives.WriteDoubleBigEndian(bytes.AsSpan(1), value);
        return bytes;
    }

    public static byte[] Flag(bool value) => [(byte)(value ? 0xC3 : 0xC2)];

    public static byte[] Null => [0xC0];

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
