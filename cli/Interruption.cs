using System.Runtime.InteropServices;

namespace Ism.Cli;

/// <summary>Ctrl-C, SIGTERM and the closing of the terminal: the first cancels <see cref="Token"/> and lets the verb end in order, the
/// second ends the process at once. SIGUSR1 (a batch system's warning) asks for a checkpoint first. Thread-safe.</summary>
public sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenSource _checkpoint = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action<int> _exit;
    private readonly TextWriter _error;
    private int _count;
    private volatile bool _looksOnly;

    private Interruption(TextWriter error, Action<int> exit)
    {
        _error = error;
        _exit = exit;
    }

    /// <summary>What a person reads in the end of a verb that was interrupted.</summary>
    public string Farewell => _looksOnly ? "no longer watching; the job goes on" : "interrupted";

    /// <summary>Called on the second interrupt, before the process ends: what must not be left behind is ended here.</summary>
    public event Action? AtOnce;

    /// <summary>Cancelled on the first interrupt.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Cancelled by SIGUSR1: keep what is done, then leave politely.</summary>
    public CancellationToken CheckpointFirst => _checkpoint.Token;

    /// <summary>Whether a person or the system has asked this process to end.</summary>
    public bool Requested => _source.IsCancellationRequested;

    /// <summary>Listens to the signals of this process until disposed.</summary>
    /// <param name="error">Where the first interrupt is answered.</param>
    /// <param name="isChild">Ctrl-C reaches every process of the terminal; a child leaves it to its parent, which stops its children
    /// in order by SIGTERM.</param>
    public static Interruption Install(TextWriter error, bool isChild)
    {
        var interruption = new Interruption(error, Environment.Exit);
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            interruption._registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                if (!isChild || context.Signal == PosixSignal.SIGTERM)
                {
                    interruption.Interrupt();
                }
            }));
        }

        if (!OperatingSystem.IsWindows())
        {
            interruption._registrations.Add(PosixSignalRegistration.Create((PosixSignal)(OperatingSystem.IsMacOS() ? 30 : 10), context =>
            {
                context.Cancel = true;
                interruption.InterruptAfterCheckpoint();
            }));
        }

        return interruption;
    }

    /// <summary>One that hears no signal; <see cref="Interrupt"/> stands for one.</summary>
    public static Interruption Silent(TextWriter? error = null, Action<int>? exit = null) => new(error ?? TextWriter.Null, exit ?? (_ => { }));

    /// <summary>The verb looks at what goes on elsewhere: to leave it stops nothing, and the word of stopping would frighten.</summary>
    public void LooksOnly() => _looksOnly = true;

    /// <summary>What a signal does.</summary>
    public void Interrupt()
    {
        if (Interlocked.Increment(ref _count) == 1)
        {
            if (!_looksOnly)
            {
                _error.WriteLine("stopping … (once more to stop at once)");
            }

            // Callbacks of the token may wait for children; the signal thread must stay free for the second signal.
            ThreadPool.QueueUserWorkItem(_ => _source.Cancel());
            return;
        }

        AtOnce?.Invoke();
        _exit(ExitCode.Failed);
    }

    /// <summary>What SIGUSR1 does.</summary>
    public void InterruptAfterCheckpoint()
    {
        if (_checkpoint.IsCancellationRequested)
        {
            // Said twice: a batch system may send it to every process of a job, and the job's script hand it on.
            return;
        }

        _error.WriteLine("keeping what is done, then stopping …");
        ThreadPool.QueueUserWorkItem(_ => _checkpoint.Cancel());
    }

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
    }
}
