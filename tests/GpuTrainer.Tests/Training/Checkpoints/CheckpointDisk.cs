using System.Diagnostics;
using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;
using Ism.Models.Numerics;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training.Checkpoints;

/// <summary>A folder for checkpoints, and states to put there.</summary>
internal sealed class CheckpointDisk : IDisposable
{
    public static readonly RunIdentity Run = new("catalogue-1", "numbers", 7);
    private readonly List<torch.Tensor> _weights = [];
    private bool _mounted;

    /// <summary>A folder on the disk of temporary files.</summary>
    public CheckpointDisk()
    {
        torch.set_num_threads(1);
        Directory.CreateDirectory(Root);
    }

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"ism-checkpoints-{Guid.NewGuid():N}");

    public string Checkpoints => Path.Combine(Root, "checkpoints");

    public IEnumerable<string> Names => Directory.GetFileSystemEntries(Checkpoints).Select(e => Path.GetFileName(e)!).Order();

    /// <summary>Puts a real file system of its own there. Only root can.</summary>
    public void MountSmall(string size)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting a small disk needs Linux and root");
        var error = Command("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", Root);
        Skip.If(error is not null, $"mounting a small disk is not allowed here: {error}");
        _mounted = true;
    }

    public void MakeReadOnly(bool readOnly) => Assert.Null(Command("mount", "-o", readOnly ? "remount,ro" : "remount,rw", Root));

    /// <summary>A state after some steps, with 1024 numbers that depend on the step.</summary>
    public TrainingState State(long step)
    {
        var weights = torch.arange(Held.Of(1024), dtype: torch.float64).add(Held.Of(step)).requires_grad_(true).DetachFromDisposeScope();
        _weights.Add(weights);
        var state = new TrainingState([new NamedParameter("weights", weights)]) { Step = step };
        state.Optimizer.Updates = step;
        using (torch.no_grad())
        {
            state.Optimizer.Mean.fill_(Held.Of(0.5 + step));
            state.Optimizer.MeanOfSquares.fill_(Held.Of(0.25 + step));
        }

        return state;
    }

    public void Save(CheckpointStore store, params long[] steps)
    {
        foreach (var step in steps)
        {
            using var state = State(step);
            store.Save(state, Run);
        }
    }

    public string PathOf(long step, string name = "") => Path.Combine(Checkpoints, $"step-{step:D8}", name);

    public void Dispose()
    {
        _weights.ForEach(weights => weights.Dispose());
        if (_mounted)
        {
            Command("umount", Root);
        }

        Directory.Delete(Root, recursive: true);
    }

    private static string? Command(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : error;
    }
}

/// <summary>A file on a disk that takes only so many bytes of it.</summary>
internal sealed class FailingFile(string path, long room) : FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0)
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Position + buffer.Length > room)
        {
            base.Write(buffer[..(int)Math.Max(0, room - Position)]);
            throw new IOException($"No space left on device : '{Name}'");
        }

        base.Write(buffer);
    }
}

/// <summary>A file on a disk that takes nothing until it is allowed to.</summary>
internal sealed class GatedFile(string path, ManualResetEventSlim reached, ManualResetEventSlim gate)
    : FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 0)
{
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        reached.Set();
        Assert.True(gate.Wait(TimeSpan.FromMinutes(2)), "nobody opened the gate");
        base.Write(buffer);
    }
}
