using System.Runtime.InteropServices;
using System.Text;

namespace Ism.Collectives.Ring;

/// <summary>What a frame between neighbours is.</summary>
internal enum FrameKind : byte
{
    /// <summary>A segment of an operation's data.</summary>
    Data = 1,

    /// <summary>The sender has nothing to send yet, because it waits for rank <c>Subject</c> itself.</summary>
    Waiting = 2,

    /// <summary>The group is over; the payload says why, and <c>Subject</c> who failed first.</summary>
    Abort = 3,

    /// <summary>On the way back: this rank has begun an agreement, and the previous one is asked to join.</summary>
    Join = 4,
}

/// <summary>The operations of a group, as numbered in frames.</summary>
internal enum RingOperation : byte
{
    AllReduce = 1,
    Broadcast = 2,
    AllGather = 3,
    Barrier = 4,

    /// <summary>An all-gather that finds out why something outside the ring does not end.</summary>
    Agreement = 5,
}

/// <summary>
/// The 32 bytes before every payload, little-endian. A data frame repeats what operation its sender is in, so that ranks that
/// call different things are told so instead of adding up what does not belong together.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct RingFrame
{
    public const int Size = 32;
    public const int MaxText = 4096;
    private const uint ExpectedMagic = 0x52_4D_53_49;

    public RingFrame(FrameKind kind, RingCall call, int index, int bytes, int subject)
    {
        Magic = ExpectedMagic;
        Kind = kind;
        Call = call;
        Index = index;
        Bytes = bytes;
        Subject = subject;
    }

    public uint Magic { get; }

    public int Index { get; }

    public int Bytes { get; }

    /// <summary>A rank: the one waited for (Waiting), the one that failed (Abort).</summary>
    public short Subject16 { get; init; }

    public FrameKind Kind { get; }

    public byte Reserved { get; init; }

    public RingCall Call { get; }

    public int Subject { get => Subject16; init => Subject16 = checked((short)value); }

    public bool Valid => Magic == ExpectedMagic && Bytes >= 0 && (Kind == FrameKind.Data || Bytes <= MaxText);

    public static byte[] Text(FrameKind kind, RingCall call, int subject, string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        var length = Math.Min(payload.Length, MaxText);
        var bytes = new byte[Size + length];
        var frame = new RingFrame(kind, call, 0, length, subject);
        MemoryMarshal.Write(bytes, in frame);
        payload.AsSpan(0, length).CopyTo(bytes.AsSpan(Size));
        return bytes;
    }
}

/// <summary>One operation of a group: equal on all ranks that do the same. 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct RingCall(
    RingOperation Operation, ElementType Type, ReduceOp Reduce, byte Root, uint Number, long Count)
{
    public override string ToString() => Operation switch
    {
        0 => "between operations",
        RingOperation.Barrier => $"Barrier #{Number}",
        RingOperation.AllReduce => $"AllReduce #{Number} ({Reduce}) of {Count} {Type}",
        RingOperation.Broadcast => $"Broadcast #{Number} from rank {Root} of {Count} {Type}",
        _ => $"{Operation} #{Number} of {Count} {Type}",
    };
}
