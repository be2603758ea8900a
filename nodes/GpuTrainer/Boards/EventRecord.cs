using System.Buffers.Binary;
using System.Text;

namespace Ism.GpuTrainer.Boards;

/// <summary>
/// The records of a TensorBoard event file: messages Event of TensorFlow's event.proto and summary.proto in protocol buffers' encoding, each
/// framed as a TFRecord: length (64 bits), its masked CRC32C, the message, its masked CRC32C; all little-endian.
/// </summary>
internal static class EventRecord
{
    // Numbers of fields with their wire types: Event.wall_time, .step, .file_version, .summary, .session_log; Summary.value; Value.tag,
    // .simple_value; SessionLog.status.
    private const byte WallTime = (1 << 3) | Fixed64;
    private const byte Step = (2 << 3) | Varint;
    private const byte FileVersion = (3 << 3) | Delimited;
    private const byte Summary = (5 << 3) | Delimited;
    private const byte SessionLog = (7 << 3) | Delimited;
    private const byte Value = (1 << 3) | Delimited;
    private const byte Tag = (1 << 3) | Delimited;
    private const byte SimpleValue = (2 << 3) | Fixed32;
    private const byte Status = (1 << 3) | Varint;
    private const byte Varint = 0;
    private const byte Fixed64 = 1;
    private const byte Delimited = 2;
    private const byte Fixed32 = 5;
    private const byte SessionStart = 1;

    /// <summary>The first record of a file.</summary>
    public static void Version(List<byte> to, double time)
    {
        var message = Event(time, 0);
        Bytes(message, FileVersion, Encoding.ASCII.GetBytes("brain.Event:2"));
        Frame(to, message);
    }

    /// <summary>The second: what earlier files say of this step and later ones is done again and counts no more.</summary>
    public static void Restart(List<byte> to, double time, long step)
    {
        var message = Event(time, step);
        Bytes(message, SessionLog, [Status, SessionStart]);
        Frame(to, message);
    }

    /// <summary>Numbers by name at a step.</summary>
    public static void Scalars(List<byte> to, double time, long step, IEnumerable<(string Tag, double Value)> values)
    {
        var summary = new List<byte>();
        Span<byte> number = stackalloc byte[sizeof(float)];
        foreach (var (tag, value) in values)
        {
            var one = new List<byte>();
            Bytes(one, Tag, Encoding.UTF8.GetBytes(tag));
            one.Add(SimpleValue);
            BinaryPrimitives.WriteSingleLittleEndian(number, (float)value);
            one.AddRange(number);
            Bytes(summary, Value, [.. one]);
        }

        var message = Event(time, step);
        Bytes(message, Summary, [.. summary]);
        Frame(to, message);
    }

    private static List<byte> Event(double time, long step)
    {
        var message = new List<byte> { WallTime };
        Span<byte> number = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(number, time);
        message.AddRange(number);
        message.Add(Step);
        Number(message, (ulong)step);
        return message;
    }

    private static void Bytes(List<byte> to, byte field, ReadOnlySpan<byte> bytes)
    {
        to.Add(field);
        Number(to, (ulong)bytes.Length);
        to.AddRange(bytes);
    }

    private static void Number(List<byte> to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            to.Add((byte)(value | 0x80));
        }

        to.Add((byte)value);
    }

    private static void Frame(List<byte> to, List<byte> message)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        Span<byte> check = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)message.Count);
        to.AddRange(length);
        BinaryPrimitives.WriteUInt32LittleEndian(check, Crc32C.Masked(length));
        to.AddRange(check);
        var data = message.ToArray();
        to.AddRange(data);
        BinaryPrimitives.WriteUInt32LittleEndian(check, Crc32C.Masked(data));
        to.AddRange(check);
    }
}
