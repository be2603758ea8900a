using System.Collections.Concurrent;
using System.Diagnostics;

namespace Ism.System.Tests.Processes;

/// <summary>A running `ism` as a user would start it: the built executable in a process of its own.</summary>
internal sealed class IsmProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Task _read;
    private readonly string _arguments;

    private IsmProcess(Process process, string arguments)
    {
        _process = process;
        _arguments = arguments;
        _read = Task.WhenAll(Read(process.StandardOutput), Read(process.StandardError));
    }

    /// <summary>Standard output and standard error so far.</summary>
    public string Output => string.Join('\n', _lines);

    public bool HasExited => _process.HasExited;

    /// <summary>Completes when the process has ended.</summary>
    public Task Exited => _process.WaitForExitAsync();

    /// <summary>Starts `ism` with arguments.</summary>
    public static IsmProcess Start(params string[] arguments) => Start([], new Dictionary<string, string>(), arguments);

    /// <summary>Starts `ism` with arguments and variables over those of the tests.</summary>
    public static IsmProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Start([], environment, arguments);

    /// <summary>Starts `ism` with arguments under another command that becomes it, such as <c>ip netns exec NAME</c>.</summary>
    public static IsmProcess StartUnder(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Start(command, environment, arguments);

    private static IsmProcess Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        var info = new ProcessStartInfo(command.Count > 0 ? command[0] : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var part in command.Count > 0 ? [.. command.Skip(1), "dotnet"] : Array.Empty<string>())
        {
            info.ArgumentList.Add(part);
        }

        info.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "ism.dll"));
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        var process = Process.Start(info)!;
        process.StandardInput.Close();
        return new IsmProcess(process, string.Join(' ', arguments));
    }

    /// <summary>Waits for the end; returns the exit code.</summary>
    public async Task<int> ExitAsync(TimeSpan deadline)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(deadline);
            await _read.WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"`ism {_arguments}` did not end within {deadline.TotalSeconds:F0} s; it said:\n{Output}");
        }

        return _process.ExitCode;
    }

    /// <summary>SIGKILL to this process alone.</summary>
    public void Kill() => _process.Kill(entireProcessTree: false);

    /// <summary>SIGTERM to this process alone.</summary>
    public void RequestStop() => Signal(PosixSignals.Terminate);

    /// <summary>A signal to this process alone.</summary>
    public void Signal(int signal) => PosixSignals.Send(_process.Id, signal);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private async Task Read(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
        }
    }
}
