using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>
/// A PostgreSQL server of this test run's own: a cluster in a temporary folder, on a free port of the loopback interface. It is started
/// below a shell that ends it when this process does, however that ends. Where it cannot be had, <see cref="Require"/> skips the test.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    // Waits for the end of its standard input, which is that of the process that holds the other end.
    private const string WithItsOwner =
        "log=$1; shift; \"$@\" >>\"$log\" 2>&1 & server=$!; cat >/dev/null; kill -QUIT $server; wait $server";
    private const string User = "ism";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-postgres-").FullName;
    private readonly string? _problem;
    private readonly string _binaries = "";
    private readonly int _port = FreePort();
    private Process? _process;
    private int _databases;

    /// <summary>Makes the cluster and starts the server, if that is possible here.</summary>
    public PostgresServer()
    {
        try
        {
            if (Binaries() is not { } binaries)
            {
                _problem = "neither PATH nor /usr/lib/postgresql holds initdb and postgres";
                return;
            }

            _binaries = binaries;
            if (Environment.IsPrivilegedProcess)
            {
                // The server refuses to run as root.
                Run("chown", "postgres", _folder);
            }

            var initdb = AsServer(Path.Combine(binaries, "initdb"));
            Run(initdb[0], [.. initdb[1..], "-D", Data, "-U", User, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]);
            Start();
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or TimeoutException)
        {
            _problem = e.Message;
        }
    }

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Skips the test where there is no server.</summary>
    public void Require() => Skip.If(_problem is not null, $"no PostgreSQL server can be started here: {_problem}");

    /// <summary>Connection string of a new, empty database.</summary>
    public string NewDatabase()
    {
        var name = $"journal{Interlocked.Increment(ref _databases)}";
        using var connection = new NpgsqlConnection($"{To("postgres")};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"create database {name}";
        command.ExecuteNonQuery();
        return To(name);
    }

    /// <summary>Starts the server and waits until it answers.</summary>
    public void Start()
    {
        var command = AsServer(
            "sh", "-c", WithItsOwner, "sh", Path.Combine(_folder, "log"), Path.Combine(_binaries, "postgres"), "-D", Data,
            "-p", $"{_port}", "-k", _folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off");
        _process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, WorkingDirectory = "/" })!;
        var clock = Stopwatch.StartNew();
        while (!Answers(out var why))
        {
            if (clock.Elapsed > Patience || _process.WaitForExit(TimeSpan.FromMilliseconds(100)))
            {
                throw new TimeoutException($"postgres did not answer on port {_port} within {clock.Elapsed.TotalSeconds:F0} s: {why}");
            }
        }
    }

    /// <summary>Stops the server at once, as a crash would: connections break and nobody listens.</summary>
    public void Stop()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(Patience))
            {
                _process.Kill(entireProcessTree: true);
            }

            _process.Dispose();
            _process = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        NpgsqlConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static string[] AsServer(params string[] command) =>
        Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", .. command] : command;

    private static string? Binaries()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        const string Versions = "/usr/lib/postgresql";
        var debian = Directory.Exists(Versions)
            ? Directory.EnumerateDirectories(Versions).OrderByDescending(v => v, StringComparer.Ordinal).Select(v => Path.Combine(v, "bin"))
            : [];
        return path.Concat(debian).FirstOrDefault(
            folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with code {process.ExitCode}: {errors.Trim()} {output.Result.Trim()}");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private bool Answers(out string why)
    {
        try
        {
            using var connection = new NpgsqlConnection($"{To("postgres")};Pooling=false");
            connection.Open();
            why = "";
            return true;
        }
        catch (NpgsqlException e)
        {
            why = e.Message;
            return false;
        }
    }

    private string To(string database) => $"Host=127.0.0.1;Port={_port};Username={User};Database={database};Timeout=5";
}

/// <summary>Tests that share the server, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class WithPostgres : ICollectionFixture<PostgresServer>
{
    public const string Name = "PostgreSQL";
}
