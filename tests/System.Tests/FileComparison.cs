namespace Ism.System.Tests;

/// <summary>Compares files of two workspaces byte by byte.</summary>
internal static class FileComparison
{
    /// <summary>Requires the same files below a folder, at least so many, with the same bytes; names those that differ.</summary>
    public static void Same(RunResult first, RunResult second, string folder, string pattern, int atLeast)
    {
        var (a, b) = (first.Files(folder, pattern), second.Files(folder, pattern));
        Assert.True(a.Count >= atLeast, $"only {a.Count} files in {folder}: {string.Join(", ", a.Keys)}");
        Assert.Equal(a.Keys.Order(), b.Keys.Order());
        var different = a.Keys.Where(name => !a[name].AsSpan().SequenceEqual(b[name])).Order().ToList();
        Assert.True(different.Count == 0, $"files that differ in {folder}: {string.Join(", ", different)}");
    }
}
