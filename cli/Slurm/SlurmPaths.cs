using Ism.Cli.Processes;

namespace Ism.Cli.Slurm;

/// <summary>Whether the machines of a cluster can be expected to see a path.</summary>
internal static class SlurmPaths
{
    // By their names; what is mounted where differs from machine to machine, and this one may not be one of those that compute.
    private static readonly string[] LocalToAMachine = ["/tmp", "/var/tmp", "/dev/shm", "/run"];

    /// <summary>What a person should look at before nodes start elsewhere.</summary>
    /// <param name="workspace">The workspace as written.</param>
    /// <param name="current">What it is relative to.</param>
    /// <param name="program">The program that the nodes run.</param>
    public static IEnumerable<string> Warnings(string workspace, string current, ProgramCommand program)
    {
        var full = Path.GetFullPath(workspace, current);
        if (!Path.IsPathRooted(workspace))
        {
            yield return $"workspace {workspace} is taken from the current folder: {full}; every machine must reach it under that path";
        }

        if (Local(full) is { } place)
        {
            yield return $"workspace {full} is below {place}, which is a disk of one machine on most clusters; "
                + "name a folder on shared storage with --set workspace=FOLDER";
        }

        if (Local(program.File) is { } there)
        {
            yield return $"{program.File} is below {there}, which is a disk of one machine on most clusters; run ISM from shared storage";
        }
    }

    private static string? Local(string path) =>
        LocalToAMachine.FirstOrDefault(l => path == l || path.StartsWith(l + "/", StringComparison.Ordinal));
}
