using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Ism.System.Tests.Processes;

namespace Ism.System.Tests.Slurm;

/// <summary>
/// A Slurm of this test run's own: controller, one node with 32 cores and two GPUs of its imagination, and munge, all in a temporary
/// folder and on free ports. They run below a shell that empties the queue and ends them when this process ends, however that ends. Where
/// it cannot be had, <see cref="Require"/> skips the test.
/// </summary>
public sealed class SlurmCluster : IDisposable
{
    // Waits for the end of its standard input, which is that of the process that holds the other end.
    private const string WithItsOwner = """
        root=$1
        setpriv --reuid=munge --regid=munge --init-groups munged --foreground --num-threads=10 --key-file="$root/munge/key" \
          --socket="$root/munge/socket" --pid-file="$root/munge/pid" --seed-file="$root/munge/seed" --log-file="$root/munge/log" \
          >"$root/log/munged" 2>&1 & munged=$!
        slurmctld -D >"$root/log/slurmctld.out" 2>&1 & controller=$!
        slurmd -D >"$root/log/slurmd.out" 2>&1 & node=$!
        cat >/dev/null
        scancel --user=root
        for i in 1 2 3 4 5 6 7 8 9 10; do [ -z "$(squeue --noheader)" ] && break; sleep 1; done
        kill $node; wait $node
        kill $controller; wait $controller
        kill $munged; wait $munged
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly string _root = Directory.CreateTempSubdirectory("ism-slurm-").FullName;
    private readonly Process? _process;
    private readonly string? _problem;

    /// <summary>Starts it, if that is possible here.</summary>
    public SlurmCluster()
    {
        _problem = Problem();
        if (_problem is not null)
        {
            return;
        }

        WriteFiles();
        var start = new ProcessStartInfo("sh", ["-c", WithItsOwner, "sh", _root]) { RedirectStandardInput = true, WorkingDirectory = _root };
        Add(start.Environment);
        _process = Process.Start(start)!;
        WaitForNode();
    }

    /// <summary>The variable that has Slurm's commands find this cluster.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["SLURM_CONF"] = At("slurm.conf") };

    /// <summary>Skips the test where there is no Slurm.</summary>
    public void Require() => Skip.If(_problem is not null, $"no Slurm can be started here: {_problem}");

    /// <summary>Runs one of Slurm's commands and returns what it prints; it must succeed.</summary>
    public string Run(string command, params string[] arguments)
    {
        var (code, output, error) = Try(command, arguments);
        Assert.True(code == 0, $"{command} {string.Join(' ', arguments)} ended with {code}: {error}\n{Logs()}");
        return output;
    }

    /// <summary>One value of what `scontrol show job` says, e.g. JobState.</summary>
    public string Show(string job, string key)
    {
        var said = Run("scontrol", "show", "job", "--oneliner", job);
        return said.Split(' ').FirstOrDefault(w => w.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..]
            ?? throw new InvalidOperationException($"scontrol says nothing of {key}: {said}");
    }

    /// <summary>Numbers of an array's elements that are in the queue in a state.</summary>
    public IReadOnlyList<int> Elements(string state) =>
    [
        .. Run("squeue", "--noheader", "--array", $"--states={state}", "--format=%K").Split('\n')
            .Select(line => int.TryParse(line, out var number) ? number : (int?)null).OfType<int>().Order(),
    ];

    /// <summary>The ends of the logs of controller and node.</summary>
    public string Logs() => string.Join('\n', Directory.EnumerateFiles(At("log")).Order()
        .Select(log => $"--- the end of {log}\n{string.Join('\n', ReadLines(log).TakeLast(12))}"));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(Patience))
            {
                _process.Kill(entireProcessTree: true);
            }

            _process.Dispose();
        }

        Directory.Delete(_root, recursive: true);
    }

    private static string? Problem()
    {
        if (!PosixSignals.IsRoot)
        {
            return "it needs root on Linux";
        }

        var path = (global::System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return ((string[])["munged", "slurmctld", "slurmd", "sbatch", "setpriv"])
            .Where(program => !path.Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, program))))
            .Select(program => $"{program} is not installed (Debian: slurm-wlm, munge)").FirstOrDefault();
    }

    private void WriteFiles()
    {
        // Munge runs as its own user and refuses folders that not everybody can enter.
        Assert.Equal(0, Try("chmod", "a+x", _root).Code);
        foreach (var folder in (string[])["munge", "state", "spool", "log"])
        {
            Directory.CreateDirectory(At(folder));
        }

        var key = new byte[1024];
        new Random(17).NextBytes(key);
        File.WriteAllBytes(At("munge", "key"), key);
        Assert.Equal(0, Try("chmod", "400", At("munge", "key")).Code);
        Assert.Equal(0, Try("chown", "-R", "munge:munge", At("munge")).Code);

        var host = Dns.GetHostName().Split('.')[0];
        // Slurm insists on files of devices; it does not look into them.
        File.WriteAllText(At("gpu0"), "");
        File.WriteAllText(At("gpu1"), "");
        File.WriteAllText(At("gres.conf"), $"Name=gpu File={At("gpu0")}\nName=gpu File={At("gpu1")}\n");
        File.WriteAllText(At("cgroup.conf"), $"""
            CgroupPlugin={(HasCgroupV1 ? "cgroup/v1" : "cgroup/v2\nIgnoreSystemd=yes")}
            CgroupAutomount=no
            ConstrainCores=no
            ConstrainRAMSpace=no

            """);
        File.WriteAllText(At("slurm.conf"), $"""
            ClusterName=ism
            SlurmctldHost={host}(127.0.0.1)
            SlurmctldPort={FreePort()}
            SlurmdPort={FreePort()}
            AuthType=auth/munge
            AuthInfo=socket={At("munge", "socket")}
            CredType=cred/munge
            StateSaveLocation={At("state")}
            SlurmdSpoolDir={At("spool")}
            SlurmctldPidFile={At("slurmctld.pid")}
            SlurmdPidFile={At("slurmd.pid")}
            SlurmctldLogFile={At("log", "slurmctld")}
            SlurmdLogFile={At("log", "slurmd")}
            SlurmUser=root
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
            SlurmdParameters=config_overrides
            ReturnToService=2
            JobRequeue=1
            GresTypes=gpu
            NodeName={host} NodeAddr=127.0.0.1 CPUs=32 Gres=gpu:2 State=UNKNOWN
            PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP

            """);
    }

    private static bool HasCgroupV1 => Directory.Exists("/sys/fs/cgroup/freezer");

    private void WaitForNode()
    {
        var clock = Stopwatch.StartNew();
        while (Try("sinfo", "--noheader", "--format=%T") is not (0, var state, _) || state.Trim() != "idle")
        {
            Assert.True(
                clock.Elapsed < Patience && !_process!.WaitForExit(TimeSpan.FromMilliseconds(250)),
                $"Slurm did not come up within {clock.Elapsed.TotalSeconds:F0} s:\n{Logs()}");
        }
    }

    private (int Code, string Output, string Error) Try(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        Add(start.Environment);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private void Add(IDictionary<string, string?> environment)
    {
        foreach (var (name, value) in Environment)
        {
            environment[name] = value;
        }

        // Debian keeps the daemons out of the path of a user.
        environment["PATH"] = string.Join(':', global::System.Environment.GetEnvironmentVariable("PATH"), "/usr/sbin", "/sbin");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static IEnumerable<string> ReadLines(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private string At(params string[] parts) => Path.Combine([_root, .. parts]);
}
