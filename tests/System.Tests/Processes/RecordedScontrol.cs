namespace Ism.System.Tests.Processes;

/// <summary>An `scontrol` on the path of a run that only writes down what it is asked: what a run under Slurm sees of Slurm.</summary>
internal sealed class RecordedScontrol
{
    /// <summary>Number of the job that surrounds the run.</summary>
    public const string Job = "4711";

    private readonly string _calls;

    /// <param name="folder">Where it is put.</param>
    /// <param name="variables">Other variables of the run.</param>
    public RecordedScontrol(string folder, IReadOnlyDictionary<string, string> variables)
    {
        Directory.CreateDirectory(folder);
        _calls = Path.Combine(folder, "calls");
        var program = Path.Combine(folder, "scontrol");
        File.WriteAllText(program, $"#!/bin/sh\necho \"$@\" >> '{_calls}'\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Environment = new Dictionary<string, string>(variables)
        {
            ["PATH"] = string.Join(':', folder, global::System.Environment.GetEnvironmentVariable("PATH")),
            ["SLURM_JOB_ID"] = Job,
        };
    }

    /// <summary>Variables of the run.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>What it was asked, a call a line.</summary>
    public IReadOnlyList<string> Calls() => File.Exists(_calls) ? File.ReadAllLines(_calls) : [];
}
