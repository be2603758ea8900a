using System.Diagnostics;
using System.Globalization;
using Ism.Cli.Verbs;
using Ism.Featurizer.Isolation;

namespace Ism.Cli.Processes;

/// <summary>Tries a structure alone in a child process of this program (`ism isolate`), which ends with this one.</summary>
public sealed class ChildIsolation(string workspace, ProgramCommand? program = null) : IIsolation, IDisposable
{
    private const int MostSaid = 200;

    // Loading the runtime, torch, an encoder and a catalogue; on a busy machine many times what a quiet one takes.
    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(5);

    // A process that waits for a dead disk cannot be killed; it is left to the kernel.
    private static readonly TimeSpan KillTime = TimeSpan.FromSeconds(10);

    private readonly ProgramCommand _program = program ?? ProgramCommand.Self();
    private readonly SpawnThread _spawn = new();

    /// <inheritdoc/>
    public IsolationEnd Run(string request, IsolationLimits limits, CancellationToken cancel)
    {
        using var process = _spawn.Run(() => Start(request, limits));
        var child = new Child(process);
        var limit = limits.Time > TimeSpan.Zero ? limits.Time : Timeout.InfiniteTimeSpan;
        while (true)
        {
            var patience = child.Phase == IsolationPhase.Starting ? StartTime : limit;
            var told = child.Told;
            try
            {
                if (child.WaitForWord(told, patience, cancel))
                {
                    if (child.Ended)
                    {
                        return child.End(timedOut: false);
                    }

                    continue;
                }
            }
            catch (OperationCanceledException)
            {
                Kill(process);
                throw;
            }

            Kill(process);
            return child.End(timedOut: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _spawn.Dispose();

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(KillTime);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended meanwhile, which is what was asked for.
        }
    }

    private Process Start(string request, IsolationLimits limits)
    {
        var info = new ProcessStartInfo(_program.File)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] arguments =
        [
            .. _program.Leading, IsolateVerb.Name, "--workspace", workspace, "--request", request,
            ParentWatch.OptionName, Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        ];
        Array.ForEach(arguments, info.ArgumentList.Add);
        if (limits.Megabytes > 0)
        {
            // Read by the runtime, in hexadecimal.
            info.Environment["DOTNET_GCHeapHardLimit"] = ((long)limits.Megabytes << 20).ToString("X", CultureInfo.InvariantCulture);
        }

        // A crash that was to be expected leaves no image of its memory behind.
        info.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        try
        {
            var process = Process.Start(info)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new IOException($"no process can be started to try a structure alone: {_program.File}: {e.Message}", e);
        }
    }

    // What the child has said so far, and whether it has ended.
    private sealed class Child
    {
        private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);
        private readonly Process _process;
        private readonly object _lock = new();
        private readonly Task _read;
        private string _said = "";

        public Child(Process process)
        {
            _process = process;
            _read = Task.WhenAll(ReadAsync(process.StandardOutput, OnWord), ReadAsync(process.StandardError, OnError));
            _ = FollowAsync();
        }

        public IsolationPhase Phase { get; private set; }

        /// <summary>Words so far.</summary>
        public int Told { get; private set; }

        public bool Ended { get; private set; }

        /// <summary>Waits for another word or for the end; false when neither came in time.</summary>
        public bool WaitForWord(int told, TimeSpan patience, CancellationToken cancel)
        {
            using var woken = cancel.Register(() =>
            {
                lock (_lock)
                {
                    Monitor.PulseAll(_lock);
                }
            });
            var clock = Stopwatch.StartNew();
            lock (_lock)
            {
                while (!Ended && Told == told)
                {
                    cancel.ThrowIfCancellationRequested();
                    var left = patience == Timeout.InfiniteTimeSpan ? patience : patience - clock.Elapsed;
                    if (left <= TimeSpan.Zero && left != Timeout.InfiniteTimeSpan)
                    {
                        return false;
                    }

                    Monitor.Wait(_lock, left);
                }

                return true;
            }
        }

        public IsolationEnd End(bool timedOut)
        {
            lock (_lock)
            {
                return new IsolationEnd(Phase, timedOut, _process.HasExited ? _process.ExitCode : -1, _said);
            }
        }

        private static async Task ReadAsync(StreamReader reader, Action<string> take)
        {
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                take(line);
            }
        }

        private async Task FollowAsync()
        {
            await _process.WaitForExitAsync().ConfigureAwait(false);
            await Task.WhenAny(_read, Task.Delay(DrainTime)).ConfigureAwait(false);
            lock (_lock)
            {
                Ended = true;
                Monitor.PulseAll(_lock);
            }
        }

        private void OnWord(string line)
        {
            if (Enum.TryParse<IsolationPhase>(line, ignoreCase: false, out var phase))
            {
                lock (_lock)
                {
                    Phase = phase;
                    Told++;
                    Monitor.PulseAll(_lock);
                }
            }
        }

        private void OnError(string line)
        {
            lock (_lock)
            {
                // The runtime says why in the line below this one.
                if (_said is "" or "Process terminated." && line.Trim() is { Length: > 0 } said)
                {
                    _said = said.Length <= MostSaid ? said : $"{said[..MostSaid]}...";
                }
            }
        }
    }
}
