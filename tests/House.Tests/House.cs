using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Ism.Tests;

namespace Ism.House.Tests;

/// <summary>A project of the solution as its file tells it.</summary>
/// <param name="Name">Name of the assembly.</param>
/// <param name="Path">Project file, from the root.</param>
/// <param name="References">Names of the projects it references itself.</param>
/// <param name="Packages">Names of the packages it references itself.</param>
internal sealed record Project(string Name, string Path, IReadOnlyList<string> References, IReadOnlyList<string> Packages);

/// <summary>All projects that are neither tests nor benchmarks, and what they reach.</summary>
internal static class House
{
    public static IReadOnlyDictionary<string, Project> Projects { get; } = Read();

    /// <summary>The project and everything that it references, directly or not.</summary>
    public static IReadOnlyList<Project> Reach(string name)
    {
        var reached = new List<Project>();
        var open = new Queue<string>([name]);
        while (open.TryDequeue(out var next))
        {
            if (reached.All(p => p.Name != next))
            {
                reached.Add(Projects[next]);
                Projects[next].References.ToList().ForEach(open.Enqueue);
            }
        }

        return reached;
    }

    /// <summary>Packages of the project and of everything that it references.</summary>
    public static IEnumerable<string> PackagesInReach(string name) => Reach(name).SelectMany(p => p.Packages).Distinct();

    /// <summary>Names of the assemblies that the built assembly refers to; null when it has not been built as these tests have.</summary>
    public static IReadOnlyList<string>? AssemblyReferences(string name)
    {
        if (BuiltAssembly(name) is not { } file)
        {
            return null;
        }

        using var reader = new PEReader(File.OpenRead(file));
        var metadata = reader.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name))];
    }

    /// <summary>The built assembly of a project; null when it has not been built as these tests have.</summary>
    public static string? BuiltAssembly(string name) => Built(System.IO.Path.GetDirectoryName(Projects[name].Path)!, name);

    /// <summary>The built assembly of a test project, by its folder; null when it has not been built as these tests have.</summary>
    public static string? BuiltTests(string folder) => Built(System.IO.Path.Combine("tests", folder), $"Ism.{folder}");

    private static string? Built(string folder, string assembly)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var file = System.IO.Path.Combine(ReferenceData.Root, folder, "bin", configuration, "net10.0", $"{assembly}.dll");
        return File.Exists(file) ? file : null;
    }

    private static Dictionary<string, Project> Read()
    {
        var files = Repository.Files
            .Where(f => f.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(f => !f.StartsWith("tests/", StringComparison.Ordinal) && !f.StartsWith("benchmarks/", StringComparison.Ordinal));
        return files.Select(Parse).ToDictionary(p => p.Name);
    }

    private static Project Parse(string path)
    {
        var xml = XDocument.Load(System.IO.Path.Combine(ReferenceData.Root, path));
        var name = (string?)xml.Descendants("AssemblyName").FirstOrDefault() ?? System.IO.Path.GetFileNameWithoutExtension(path);
        var references = xml.Descendants("ProjectReference")
            .Select(r => System.IO.Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')));
        var packages = xml.Descendants("PackageReference").Select(r => (string)r.Attribute("Include")!).ToList();
        if (xml.Descendants("Import").Any(i => ((string?)i.Attribute("Project"))?.EndsWith("TorchNatives.targets", StringComparison.Ordinal) == true))
        {
            packages.Add("libtorch");
        }

        return new Project(name, path, [.. references], packages);
    }
}
