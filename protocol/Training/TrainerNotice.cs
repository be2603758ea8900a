using Ism.Protocol.Wire;
using MessagePack;

namespace Ism.Protocol.Training;

/// <summary>Rank 0 to group: something a person should know while training goes on, e.g. that a checkpoint could not be written, with
/// what to do about it.</summary>
[MessagePackObject]
public sealed record TrainerNotice(
    [property: Key(0)] long Generation,
    [property: Key(1)] string StageId,
    [property: Key(2)] long Step,
    [property: Key(3)] string Text) : IWireMessage;
