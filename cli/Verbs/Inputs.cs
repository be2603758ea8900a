using System.Net;

namespace Ism.Cli.Verbs;

/// <summary>Checks of what is given on the command line, before any work.</summary>
internal static class Inputs
{
    /// <exception cref="UsageException">Neither a file nor a folder.</exception>
    public static string Existing(string option, string path) =>
        Path.Exists(path) ? path : throw new UsageException($"{option} {path}: there is no such file or folder");

    /// <exception cref="UsageException">Not a file.</exception>
    public static string ExistingFile(string option, string path) => File.Exists(path)
        ? path
        : throw new UsageException($"{option} {path}: {(Directory.Exists(path) ? "is a folder, a file is needed" : "there is no such file")}");

    /// <exception cref="UsageException">Less than 1.</exception>
    public static int AtLeastOne(string option, int value) =>
        value >= 1 ? value : throw new UsageException($"{option} {value}: must be 1 or more");

    /// <summary>An address and a port.</summary>
    /// <param name="option">The option, for the message.</param>
    /// <param name="text">"HOST:PORT".</param>
    /// <param name="example">What it may look like, for the message.</param>
    /// <param name="off">The word for nowhere, for the message.</param>
    /// <exception cref="UsageException">It is none.</exception>
    public static IPEndPoint Endpoint(string option, string text, string example, string off)
    {
        var address = text.StartsWith("localhost:", StringComparison.Ordinal) ? $"127.0.0.1:{text["localhost:".Length..]}" : text;
        return IPEndPoint.TryParse(address, out var endpoint) && address.Contains(':', StringComparison.Ordinal) ? endpoint
            : throw new UsageException($"{option} {text}: an address and a port are needed, e.g. {example}, or {off}");
    }

    /// <summary>Makes the folder that a file will be written to.</summary>
    public static void MakeFolderOf(string file) => Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);

    /// <exception cref="UsageException">Something is there and may not be replaced.</exception>
    public static void Replaceable(string path, bool force)
    {
        var occupied = File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any());
        if (occupied && !force)
        {
            throw new UsageException($"--out {path}: is there already; name another place, or write over it with --force");
        }
    }
}
