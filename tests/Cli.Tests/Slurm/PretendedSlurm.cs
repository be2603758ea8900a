using Ism.Cli.Slurm;

namespace Ism.Cli.Tests.Slurm;

/// <summary>Scripts in the place of sbatch, squeue and scancel that write down what they are asked; jobs get the ids 101, 102, …</summary>
internal sealed class PretendedSlurm : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-slurm-").FullName;

    public PretendedSlurm()
    {
        Skip.If(OperatingSystem.IsWindows(), "runs shell scripts");
        Script("sbatch", """
            echo "sbatch $*" >> "$here/calls"
            if [ -e "$here/refused" ] && echo "$*" | grep -q "$(cat "$here/refused")"; then
              echo 'sbatch: error: invalid account' >&2
              echo 'sbatch: error: Batch job submission failed: Invalid account' >&2
              exit 1
            fi
            echo x >> "$here/ids"
            echo $((100 + $(wc -l < "$here/ids")))
            """);
        Script("squeue", "cat \"$here/queue\" 2>/dev/null || true");
        Script("scancel", "echo \"scancel $*\" >> \"$here/calls\"");
        Directory.CreateDirectory(Workspace);
    }

    public SlurmCommands Commands => new(_folder);

    public string Workspace => Path.Combine(_folder, "workspace");

    /// <summary>What was asked, a call a line.</summary>
    public IReadOnlyList<string> Calls => File.Exists(At("calls")) ? File.ReadAllLines(At("calls")) : [];

    /// <summary>What squeue says: lines "job element state".</summary>
    public void Queue(params string[] lines) => File.WriteAllLines(At("queue"), lines);

    /// <summary>Has sbatch refuse what matches.</summary>
    public void Refuse(string pattern) => File.WriteAllText(At("refused"), pattern);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    private void Script(string name, string body)
    {
        File.WriteAllText(At(name), $"#!/bin/sh\nhere='{_folder}'\n{body}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(At(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
