namespace Ism.GpuTrainer.Training;

/// <summary>
/// The members of a group cannot be made equal. Every member comes to this by itself from the same numbers, so nobody needs to
/// be told.</summary>
public sealed class SynchronisationException(string message) : InvalidOperationException(message);
