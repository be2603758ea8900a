namespace Ism.Structures;

/// <summary>
/// The storage did not give the bytes of a source: the file is missing, may not be read, or the disk or the network failed. It says
/// nothing about the structures in it.
/// </summary>
/// <param name="path">Which file.</param>
/// <param name="detail">What the system said.</param>
/// <param name="inner">The cause, if another exception was.</param>
public sealed class StructureAccessException(string path, string detail, Exception? inner = null)
    : IOException($"{path} cannot be read: {detail}", inner)
{
    /// <summary>Which file.</summary>
    public string Path { get; } = path;

    /// <summary>What the system said, without the path in front.</summary>
    public string Detail { get; } = detail;

    /// <summary>There is no such file (any more).</summary>
    public bool IsMissing => InnerException is FileNotFoundException or DirectoryNotFoundException;
}
