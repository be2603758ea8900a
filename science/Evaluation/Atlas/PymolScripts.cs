using System.Globalization;
using System.Text;

namespace Ism.Evaluation.Atlas;

/// <summary>Scripts that open the atlas's files in PyMOL. They hold PyMOL's own commands alone, no Python.</summary>
public static class PymolScripts
{
    /// <summary>Opens the microenvironments: a group and a scene for each token.</summary>
    public const string Environments = "environments.pml";

    /// <summary>Opens the whole structures, coloured by token.</summary>
    public const string Structures = "structures.pml";

    /// <summary>Writes both beside the folders that they load from.</summary>
    public static void Write(string folder, TokenAtlas atlas)
    {
        File.WriteAllText(Path.Combine(folder, Environments), ForEnvironments(atlas));
        File.WriteAllText(Path.Combine(folder, Structures), ForStructures(atlas));
    }

    /// <summary>The script for the microenvironments.</summary>
    public static string ForEnvironments(TokenAtlas atlas)
    {
        var script = new StringBuilder($"""
            # Microenvironments typical of each structure token. In this folder: pymol {Environments}
            # Page Down and Page Up go from token to token. "set grid_mode, 0" lays the microenvironments of a token on top of each other.
            bg_color white

            """);
        var scenes = new StringBuilder();
        for (var token = 0; token < atlas.Tokens; token++)
        {
            var names = atlas.Typical[token].Select((_, place) => Path.GetFileNameWithoutExtension(EnvironmentFiles.Name(token, place))).ToList();
            if (names.Count == 0)
            {
                continue;
            }

            foreach (var name in names)
            {
                script.Append($"load {EnvironmentFiles.Folder}/{name}.pdb, {name}\n");
            }

            var group = string.Create(CultureInfo.InvariantCulture, $"token-{token:D3}");
            script.Append($"group {group}, {string.Join(' ', names)}\n");
            scenes.Append(CultureInfo.InvariantCulture, $"disable all\nenable {group}\n").AppendJoin("", names.Select(name => $"enable {name}\n"))
                .Append(CultureInfo.InvariantCulture, $"scene {group}, store, token {token}\n");
        }

        return script.Append("""
            select tokenres, q < 0.5
            deselect
            hide everything
            show sticks
            set stick_radius, 0.14
            set stick_radius, 0.2, tokenres
            color grey60, elem C
            color blue, elem N
            color red, elem O
            color yelloworange, elem S
            color orange, elem P
            color magenta, tokenres
            show spheres, tokenres and name CA
            show spheres, elem ZN+MG+CA+NA+CL+FE+MN+CU+CO+NI+K and not polymer
            set sphere_scale, 0.3
            set grid_mode, 1
            set orthoscopic, off
            set_view (1,0,0, 0,1,0, 0,0,1, 0,0,-60, 0,0,0, 40,80, 0)

            """).Append(scenes).Append("scene auto, start\n").ToString();
    }

    /// <summary>The script for the whole structures.</summary>
    public static string ForStructures(TokenAtlas atlas)
    {
        var script = new StringBuilder($"""
            # Structures coloured by structure token (the B-factor). In this folder: pymol {Structures}
            # "select t17, b > 16.5 and b < 17.5" selects token 17.
            bg_color white

            """);
        foreach (var (file, _) in TokenStructureFiles.Of(atlas))
        {
            script.Append($"load {TokenStructureFiles.Folder}/{file}, {file[..^TokenStructureFiles.Ending.Length]}\n");
        }

        script.Append("hide everything\nshow cartoon, polymer\nshow sticks, not polymer\ncolor grey70, all\n");
        for (var token = 0; token < atlas.Tokens; token++)
        {
            var (r, g, b) = TokenPalette.Of(token);
            script.Append(CultureInfo.InvariantCulture, $"set_color token{token}, [{r:F3}, {g:F3}, {b:F3}]\n")
                .Append(CultureInfo.InvariantCulture, $"color token{token}, b > {token - 0.5} and b < {token + 0.5}\n");
        }

        return script.Append("set grid_mode, 1\norient\n").ToString();
    }
}
