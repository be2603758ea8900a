using System.Buffers.Binary;
using System.Text;

namespace Ism.GpuTrainer.Tests.Boards;

/// <summary>An event of a TensorBoard file.</summary>
internal sealed record ReadEvent(double Time, long Step, string Version, bool Restarts, IReadOnlyDictionary<string, float> Values);

/// <summary>
/// Reads TensorBoard event files as their format is documented (TFRecord framing, event.proto, summary.proto), sharing no code with what
/// writes them: the check is computed bit by bit from the polynomial, and any field may come in any order.
/// </summary>
internal static class EventReader
{
    public static List<ReadEvent> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var events = new List<ReadEvent>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = bytes.AsSpan(at, 8);
            Assert.Equal(Mask(Castagnoli(length)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            var size = (int)BinaryPrimitives.ReadUInt64LittleEndian(length);
            var data = bytes.AsSpan(at + 12, size);
            Assert.Equal(Mask(Castagnoli(data)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + size)));
            events.Add(Event(data));
            at += 12 + size + 4;
        }

        return events;
    }

    /// <summary>All events of a folder's files, by name, which is by time.</summary>
    public static List<ReadEvent> ReadFolder(string folder) => [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).SelectMany(Read)];

    /// <summary>CRC32C with the reflected polynomial 0x82F63B78.</summary>
    public static uint Castagnoli(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
            }
        }

        return crc ^ 0xFFFFFFFFu;
    }

    private static uint Mask(uint crc) => unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8u);

    private static ReadEvent Event(ReadOnlySpan<byte> data)
    {
        var (time, step, version, restarts) = (0.0, 0L, "", false);
        var values = new Dictionary<string, float>();
        while (Field(ref data, out var number, out var fixedBits, out var inner) is var field and > 0)
        {
            switch (field)
            {
                case 1:
                    time = BitConverter.UInt64BitsToDouble(fixedBits);
                    break;
                case 2:
                    step = (long)number;
                    break;
                case 3:
                    version = Encoding.UTF8.GetString(inner);
                    break;
                case 5:
                    while (Field(ref inner, out _, out _, out var value) is 1)
                    {
                        var (tag, simple) = Value(value);
                        values.Add(tag, simple);
                    }

                    break;
                case 7:
                    restarts = Field(ref inner, out var status, out _, out _) == 1 && status == 1;
                    break;
                default:
                    Assert.Fail($"unknown field {field} of Event");
                    break;
            }
        }

        return new ReadEvent(time, step, version, restarts, values);
    }

    private static (string Tag, float Value) Value(ReadOnlySpan<byte> data)
    {
        var (tag, value) = ("", float.NaN);
        while (Field(ref data, out _, out var bits, out var inner) is var field and > 0)
        {
            if (field == 1)
            {
                tag = Encoding.UTF8.GetString(inner);
            }
            else
            {
                Assert.Equal(2, field);
                value = BitConverter.UInt32BitsToSingle((uint)bits);
            }
        }

        return (tag, value);
    }

    // Number of the next field, 0 at the end.
    private static int Field(ref ReadOnlySpan<byte> data, out ulong number, out ulong bits, out ReadOnlySpan<byte> inner)
    {
        number = bits = 0;
        inner = default;
        if (data.IsEmpty)
        {
            return 0;
        }

        var key = Number(ref data);
        switch (key & 7)
        {
            case 0:
                number = Number(ref data);
                break;
            case 1:
                bits = BinaryPrimitives.ReadUInt64LittleEndian(data);
                data = data[8..];
                break;
            case 2:
                var length = (int)Number(ref data);
                inner = data[..length];
                data = data[length..];
                break;
            case 5:
                bits = BinaryPrimitives.ReadUInt32LittleEndian(data);
                data = data[4..];
                break;
            default:
                throw new InvalidDataException($"wire type {key & 7}");
        }

        return (int)(key >> 3);
    }

    private static ulong Number(ref ReadOnlySpan<byte> data)
    {
        for (var (value, shift) = (0UL, 0); ; shift += 7)
        {
            var next = data[0];
            data = data[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
