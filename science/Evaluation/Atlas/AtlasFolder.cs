using System.Text;
using Ism.Corpus;

namespace Ism.Evaluation.Atlas;

/// <summary>An atlas as a folder: the page, all numbers, and files for PyMOL and Mol*.</summary>
public static class AtlasFolder
{
    /// <summary>The page.</summary>
    public const string Page = "atlas.html";

    /// <summary>All numbers.</summary>
    public const string Numbers = "atlas.json";

    /// <summary>Writes everything; microenvironments and structures of an earlier atlas are removed from the folder.</summary>
    /// <returns>What <see cref="Numbers"/> holds.</returns>
    public static string Write(string folder, TokenAtlas atlas, AtlasFacts facts)
    {
        Directory.CreateDirectory(folder);
        var (environments, structures) = (Path.Combine(folder, EnvironmentFiles.Folder), Path.Combine(folder, TokenStructureFiles.Folder));
        Clear(environments, "token-*.pdb");
        Clear(structures, $"*{TokenStructureFiles.Ending}");
        EnvironmentFiles.Write(environments, atlas);
        TokenStructureFiles.Write(structures, atlas);
        PymolScripts.Write(folder, atlas);
        MolstarStory.Write(Path.Combine(folder, MolstarStory.File), atlas, facts);
        var json = AtlasJson.Write(atlas, facts);
        Write(Path.Combine(folder, Numbers), json);
        Write(Path.Combine(folder, Page), AtlasPage.Html(atlas, facts));
        return json;
    }

    private static void Clear(string folder, string pattern)
    {
        foreach (var old in Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [])
        {
            File.Delete(old);
        }
    }

    private static void Write(string path, string text)
    {
        var bytes = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(text);
        DurableFile.Write(path, stream => stream.Write(bytes));
    }
}
