using System.Reflection;

namespace Ism.Cli.Processes;

/// <summary>A program with the arguments that always come first.</summary>
/// <param name="File">The executable.</param>
/// <param name="Leading">Arguments before those of a call: the dll when the executable is `dotnet`.</param>
public sealed record ProgramCommand(string File, IReadOnlyList<string> Leading)
{
    /// <summary>This very program, whether it was started as `ism` or as `dotnet ism.dll`.</summary>
    public static ProgramCommand Self()
    {
        var file = Environment.ProcessPath ?? throw new InvalidOperationException("the system does not say which executable this process runs");
        return Path.GetFileNameWithoutExtension(file) == "dotnet"
            ? new ProgramCommand(file, [Assembly.GetEntryAssembly()!.Location])
            : new ProgramCommand(file, []);
    }
}
