using Ism.Protocol.Wire;

namespace Ism.Coordinator.Training;

/// <summary>What <see cref="GroupState"/> wants done.</summary>
public abstract record GroupEffect;

/// <summary>Send this to a trainer.</summary>
public sealed record ToTrainer(string NodeId, IWireMessage Message) : GroupEffect;

/// <summary>Send this to the parent.</summary>
public sealed record ToParent(object Message) : GroupEffect;

/// <summary>A line for the log.</summary>
public sealed record GroupNote(string Line) : GroupEffect;
