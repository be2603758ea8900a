namespace Ism.GpuTrainer.Stages;

/// <summary>What a node wants of its generation's next step boundary. Any thread; only the first reason to leave counts.</summary>
public sealed class BoundaryRequests
{
    private string? _leave;
    private long _checkpoint;

    /// <summary>Why the generation is to be left; null: it is not.</summary>
    public string? LeaveReason => Volatile.Read(ref _leave);

    /// <summary>The highest number of a checkpoint asked for; 0: none.</summary>
    public long CheckpointRequest => Interlocked.Read(ref _checkpoint);

    /// <summary>The generation is to be left by all ranks.</summary>
    public void Leave(string reason) => Interlocked.CompareExchange(ref _leave, reason, null);

    /// <summary>A checkpoint is to be written; one number is one checkpoint, however often and on however many ranks it is
    /// asked.</summary>
    public void Checkpoint(long request)
    {
        var known = CheckpointRequest;
        while (request > known)
        {
            var before = Interlocked.CompareExchange(ref _checkpoint, request, known);
            known = before == known ? request : before;
        }
    }
}
