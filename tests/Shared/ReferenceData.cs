namespace Ism.Tests;

/// <summary>Where tests find reference data that is not part of the repository. A folder that is absent skips the test.</summary>
internal static class ReferenceData
{
    /// <summary>Numbers made by the original programs: <c>$ISM_GOLDEN</c>, else <c>../shared/golden</c> beside the checkout.</summary>
    public static string Golden => Find("ISM_GOLDEN", "golden");

    /// <summary>Real protein structures: <c>$ISM_STRUCTURES</c>, else <c>../shared/data/structures</c> beside the checkout.</summary>
    public static string Structures => Find("ISM_STRUCTURES", "data/structures");

    /// <summary>The checkout: the nearest folder above the test assembly that holds ISM.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder below <see cref="Golden"/>; skips the test when it is absent.</summary>
    public static string GoldenPath(params string[] parts) => Existing(Path.Combine([Golden, .. parts]));

    /// <summary>A file or folder below <see cref="Structures"/>; skips the test when it is absent.</summary>
    public static string StructuresPath(params string[] parts) => Existing(Path.Combine([Structures, .. parts]));

    private static string Existing(string path)
    {
        Skip.IfNot(Path.Exists(path), $"reference data absent: {path} (set ISM_GOLDEN or ISM_STRUCTURES)");
        return path;
    }

    private static string Find(string variable, string below)
    {
        var given = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(given) ? Path.GetFullPath(Path.Combine(Root, "..", "shared", below)) : Path.GetFullPath(given);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ISM.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no ISM.sln above {AppContext.BaseDirectory}");
    }
}
