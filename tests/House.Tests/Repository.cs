using System.Diagnostics;
using Ism.Tests;

namespace Ism.House.Tests;

/// <summary>The files of the checkout that belong to the project.</summary>
internal static class Repository
{
    private static readonly string[] Made = ["bin", "obj", "artifacts", "TestResults", "demo", "runs"];

    /// <summary>Paths from the root with '/'. What git tracks or would track; without git, everything but what builds and runs make.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. (FromGit() ?? FromFolder(ReferenceData.Root)).Order(StringComparer.Ordinal)];

    public static string Full(string path) => Path.Combine(ReferenceData.Root, path);

    /// <summary>Text of a file, or null when it is binary.</summary>
    public static string? Text(string path)
    {
        var bytes = File.ReadAllBytes(Full(path));
        return bytes.AsSpan(0, Math.Min(bytes.Length, 8000)).Contains((byte)0) ? null : System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static List<string>? FromGit()
    {
        if (!Path.Exists(Full(".git")))
        {
            return null;
        }

        try
        {
            var info = new ProcessStartInfo("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
            {
                WorkingDirectory = ReferenceData.Root,
                RedirectStandardOutput = true,
            };
            using var git = Process.Start(info)!;
            var names = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
            git.WaitForExit();
            return git.ExitCode == 0 && names.Length > 0 ? [.. names.Where(n => File.Exists(Full(n)))] : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static IEnumerable<string> FromFolder(string folder)
    {
        var here = Directory.GetFiles(folder).Select(f => Path.GetRelativePath(ReferenceData.Root, f).Replace('\\', '/'));
        var below = Directory.GetDirectories(folder)
            .Where(d => !Made.Contains(Path.GetFileName(d)) && (Path.GetFileName(d) is ".ci" || !Path.GetFileName(d).StartsWith('.')))
            .SelectMany(FromFolder);
        return here.Concat(below);
    }
}
