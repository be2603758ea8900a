using Ism.Protocol.Wire;
using MessagePack;

namespace Ism.Protocol.Membership;

/// <summary>Node to node: do you hear me, and am I a member for you? Asked of the holder of the authority lease, and by the holder of
/// every node when somebody is unreachable.</summary>
/// <param name="Address">The asking node.</param>
/// <param name="Uid">Its incarnation.</param>
[MessagePackObject]
public sealed record MembershipPing(
    [property: Key(0)] string Address,
    [property: Key(1)] int Uid) : IWireMessage;

/// <summary>Answer to <see cref="MembershipPing"/>.</summary>
/// <param name="Address">The answering node.</param>
/// <param name="KnowsYou">Whether the asking incarnation is a member in its eyes.</param>
/// <param name="CannotReach">Addresses of members that it hears nothing from.</param>
/// <param name="Uid">Its incarnation.</param>
/// <param name="Job">Name of the folder of the job that it works on; null from a node that does not say.</param>
[MessagePackObject]
public sealed record MembershipPong(
    [property: Key(0)] string Address,
    [property: Key(1)] bool KnowsYou,
    [property: Key(2)] string[] CannotReach,
    [property: Key(3)] int Uid,
    [property: Key(4)] string? Job = null) : IWireMessage;
