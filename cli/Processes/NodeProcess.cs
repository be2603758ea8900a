using System.Diagnostics;
using System.Globalization;

namespace Ism.Cli.Processes;

/// <summary>A child process in a role. Its standard output is handed on line by line, what it writes to standard error goes to its
/// log. Made by <see cref="ProcessGroup"/>.</summary>
public sealed class NodeProcess
{
    private const int Terminate = 15;
    private const int TailLines = 12;

    // How long pipes are read after the child's end: a grandchild may hold them open for ever.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly TextWriter _log;
    private readonly Lock _logLock = new();

    private NodeProcess(string role, int number, string logPath, Process process, TextWriter log, Action<NodeProcess, string> onLine)
    {
        Role = role;
        Number = number;
        LogPath = logPath;
        _process = process;
        _log = log;
        Pid = process.Id;
        Exited = FollowAsync(onLine);
    }

    /// <summary>coordinator, featurizer or trainer.</summary>
    public string Role { get; }

    /// <summary>Number within the role, from 0.</summary>
    public int Number { get; }

    /// <summary>E.g. "trainer-1"; also the name of the log file.</summary>
    public string Name => NameOf(Role, Number);

    public int Pid { get; }

    /// <summary>Standard error of the process, and what it printed that the reader of its lines did not take.</summary>
    public string LogPath { get; }

    /// <summary>Completes with the exit code once the process has ended and its output is read. 128 + n after signal n.</summary>
    public Task<int> Exited { get; }

    /// <summary>Starts the process and reads its output until it ends.</summary>
    /// <exception cref="IOException">The executable cannot be started or the log not be written; says which.</exception>
    internal static NodeProcess Start(ProgramCommand program, NodeStart start, string logFolder, Action<NodeProcess, string> onLine)
    {
        Directory.CreateDirectory(logFolder);
        var name = NameOf(start.Role, start.Number);
        var logPath = Path.Combine(logFolder, $"{name}.log");
        string[] command = [.. start.Prefix ?? [], program.File, .. program.Leading, .. start.Arguments];
        var info = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in command[1..])
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in start.Environment ?? new Dictionary<string, string>())
        {
            info.Environment[key] = value;
        }

        var log = new StreamWriter(new FileStream(logPath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        try
        {
            var process = Process.Start(info)!;
            process.StandardInput.Close();
            Write(log, $"--- {DateTimeOffset.UtcNow:O} {name} started as process {process.Id}");
            return new NodeProcess(start.Role, start.Number, logPath, process, log, onLine);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            log.Dispose();
            throw new IOException($"{name} cannot be started: {command[0]}: {e.Message}", e);
        }
    }

    /// <summary>Asks the process to end (SIGTERM).</summary>
    public void RequestStop()
    {
        if (Exited.IsCompleted)
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Kill();
            return;
        }

        ParentWatch.Signal(Pid, Terminate);
    }

    /// <summary>Ends the process and its children at once.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended meanwhile, which is what was asked for.
        }
    }

    /// <summary>For a person: how it ended, and the end of its log.</summary>
    public string DescribeEnd()
    {
        var how = Exited.IsCompleted ? DescribeCode(Exited.Result) : "is still running";
        var tail = Tail();
        return tail.Count == 0
            ? $"{Name} (process {Pid}) {how}; its log {LogPath} is empty"
            : $"{Name} (process {Pid}) {how}; the end of {LogPath}:{Environment.NewLine}{string.Join(Environment.NewLine, tail.Select(l => $"  {l}"))}";
    }

    /// <summary>What the program said it ended of, without its name before it; else the last line of its log; how it ended where there is none.</summary>
    /// <remarks>Its two outputs are read side by side, so an earlier line may stand below that one.</remarks>
    public string LastWords()
    {
        const string program = "ism: ";
        var tail = Tail();
        return tail.LastOrDefault(line => line.StartsWith(program, StringComparison.Ordinal)) is { } said ? said[program.Length..]
            : tail.Count > 0 ? tail[^1]
            : DescribeEnd();
    }

    /// <summary>Adds a line to the log.</summary>
    public void Log(string line)
    {
        lock (_logLock)
        {
            Write(_log, line);
        }
    }

    internal static string DescribeCode(int code) => code switch
    {
        0 => "ended",
        128 + 9 => "was killed (signal 9; the kernel does that when memory runs out)",
        > 128 and < 128 + 65 => string.Create(CultureInfo.InvariantCulture, $"died of signal {code - 128}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"failed with exit code {code}"),
    };

    // A full disk costs lines of the log. What the child writes must be read all the same, or it would stand still.
    private static void Write(TextWriter log, string line)
    {
        try
        {
            log.WriteLine(line);
        }
        catch (IOException)
        {
            // There is no better place to say it.
        }
    }

    private static string NameOf(string role, int number) => string.Create(CultureInfo.InvariantCulture, $"{role}-{number}");

    private async Task<int> FollowAsync(Action<NodeProcess, string> onLine)
    {
        // Leave the constructor first: a line must not arrive before the object is whole.
        await Task.Yield();
        var output = ReadAsync(_process.StandardOutput, line => onLine(this, line));
        var error = ReadAsync(_process.StandardError, Log);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        await Task.WhenAny(Task.WhenAll(output, error), Task.Delay(DrainTime)).ConfigureAwait(false);
        Log($"--- {DateTimeOffset.UtcNow:O} {Name} {DescribeCode(_process.ExitCode)}");
        return _process.ExitCode;
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> take)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            take(line);
        }
    }

    private List<string> Tail()
    {
        try
        {
            using var reader = new StreamReader(new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            var lines = new Queue<string>();
            while (reader.ReadLine() is { } line)
            {
                if (line.StartsWith("--- ", StringComparison.Ordinal))
                {
                    continue;
                }

                lines.Enqueue(line);
                if (lines.Count > TailLines)
                {
                    lines.Dequeue();
                }
            }

            return [.. lines];
        }
        catch (IOException)
        {
            return [];
        }
    }
}
