using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Ism.Collectives.Ring;

/// <summary>
/// What a rank says when it connects to the next one, and what that answers: 48 bytes each way, little-endian. The answer is the
/// acceptor's own card with a verdict, so that a refused member can say both sides.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct RingHandshake(
    uint Magic, ushort Version, RingVerdict Verdict, Guid Group, long Generation, int Rank, int World, long Reserved)
{
    public const int Size = 48;
    private const uint ExpectedMagic = 0x48_4D_53_49;
    private const ushort ExpectedVersion = 1;

    public static RingHandshake Of(RingMembership me, RingVerdict verdict) =>
        new(ExpectedMagic, ExpectedVersion, verdict, me.Group, me.Generation, me.Rank, me.World, 0);

    public static bool TryParse(ReadOnlySpan<byte> bytes, out RingHandshake hello)
    {
        hello = default;
        if (bytes.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != ExpectedMagic)
        {
            return false;
        }

        hello = MemoryMarshal.Read<RingHandshake>(bytes);
        return true;
    }

    /// <summary>What the acceptor <paramref name="me"/> makes of this hello.</summary>
    public RingVerdict Judge(RingMembership me) =>
        Version != ExpectedVersion ? RingVerdict.OtherVersion
        : Group != me.Group ? RingVerdict.OtherGroup
        : Generation != me.Generation ? RingVerdict.OtherGeneration
        : World != me.World || Rank != me.Previous ? RingVerdict.OtherPlace
        : RingVerdict.Welcome;

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        MemoryMarshal.Write(bytes, in this);
        return bytes;
    }

    public void Send(Socket socket) => socket.Send(ToBytes());
}

/// <summary>Why a connection is taken or not.</summary>
internal enum RingVerdict : ushort
{
    Hello = 0,
    Welcome = 1,
    OtherVersion = 2,
    OtherGroup = 3,
    OtherGeneration = 4,
    OtherPlace = 5,
}
