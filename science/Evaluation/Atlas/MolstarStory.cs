using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace Ism.Evaluation.Atlas;

/// <summary>
/// The atlas for Mol*: one archive in MolViewSpec's form (.mvsx, https://molstar.org/mol-view-spec) with a snapshot for each token, its typical
/// microenvironments side by side, and one for each whole structure, coloured by token. Dropped on Mol*'s viewer it opens, and nothing is
/// fetched.
/// </summary>
public static class MolstarStory
{
    /// <summary>Name of the archive.</summary>
    public const string File = "atlas.mvsx";

    // Å from one microenvironment's C-alpha to the next one's.
    private const double Apart = 24;

    private const string Carbon = "#9a9fa6", Masked = "#cf2e3f";

    private static readonly (string Symbol, string Colour)[] Elements =
        [("N", "#3050f8"), ("O", "#e0301e"), ("S", "#d8b000"), ("P", "#ff8000"), ("SE", "#c08000")];

    /// <summary>Writes the archive.</summary>
    public static void Write(string path, TokenAtlas atlas, AtlasFacts facts)
    {
        using var archive = new ZipArchive(System.IO.File.Create(path), ZipArchiveMode.Create);
        Add(archive, "index.mvsj", Index(atlas, facts));
        for (var token = 0; token < atlas.Tokens; token++)
        {
            for (var place = 0; place < atlas.Typical[token].Count; place++)
            {
                Add(archive, EnvironmentPath(token, place), EnvironmentFiles.Pdb(atlas.Typical[token][place], token));
            }
        }

        foreach (var (file, structure) in TokenStructureFiles.Of(atlas))
        {
            Add(archive, $"{TokenStructureFiles.Folder}/{file}", TokenStructureFiles.Cif(structure));
        }
    }

    /// <summary>The description of the snapshots.</summary>
    public static string Index(TokenAtlas atlas, AtlasFacts facts)
    {
        var profiles = atlas.Profiles();
        var background = TokenAtlas.Background(profiles);
        var snapshots = new JsonArray();
        for (var token = 0; token < atlas.Tokens; token++)
        {
            if (atlas.Typical[token].Count > 0)
            {
                snapshots.Add(Environments(atlas.Typical[token], token, TokenWords.Of(profiles[token], background), token == facts.Excluded));
            }
        }

        foreach (var (file, structure) in TokenStructureFiles.Of(atlas))
        {
            snapshots.Add(Whole(file, structure.Structure.Name));
        }

        return new JsonObject
        {
            ["kind"] = "multiple",
            ["metadata"] = new JsonObject
            {
                ["version"] = "1",
                ["title"] = $"Structure tokens of {facts.Job}",
                ["timestamp"] = DateTimeOffset.UnixEpoch.ToString("O"),
            },
            ["snapshots"] = snapshots,
        }.ToJsonString();
    }

    private static JsonObject Environments(IReadOnlyList<TypicalResidue> typical, int token, string words, bool excluded)
    {
        var middle = (typical.Count - 1) * Apart / 2;
        var children = new JsonArray();
        for (var place = 0; place < typical.Count; place++)
        {
            ref readonly var residue = ref typical[place].Of.Structure.Residues[typical[place].Residue];
            var number = new JsonObject { ["auth_asym_id"] = EnvironmentFiles.ChainLetter(typical[place]), ["auth_seq_id"] = residue.Number };
            var shown = Node(
                "representation", new() { ["type"] = "ball_and_stick" },
                [
                    Colour(null, Carbon), .. Elements.Select(e => Colour(new JsonObject { ["type_symbol"] = e.Symbol }, e.Colour)),
                    Colour(number, Masked),
                ]);
            children.Add(Download(EnvironmentPath(token, place), "pdb",
                Node("transform", new() { ["translation"] = new JsonArray((place * Apart) - middle, 0, 0) }),
                Node("component", new() { ["selector"] = "all" }, shown),
                Node("component", new() { ["selector"] = number.DeepClone() },
                    Node("tooltip", new() { ["text"] = typical[place].Label }))));
        }

        var away = 12 + (14 * typical.Count);
        children.Add(Node("camera", new()
        {
            ["target"] = new JsonArray(0, 0, 0),
            ["position"] = new JsonArray(0, 0, away),
            ["up"] = new JsonArray(0, 1, 0),
        }));
        return Snapshot(
            string.Create(CultureInfo.InvariantCulture, $"token-{token:D3}"), string.Create(CultureInfo.InvariantCulture, $"Token {token}: {words}"),
            $"**Token {token}**{(excluded ? ", left out of the structure loss" : "")}: {words}. Residues nearest to its centroid, of "
            + "different structures; red is the masked residue, which the encoder does not see.", children);
    }

    private static JsonObject Whole(string file, string name)
    {
        JsonObject source = new() { ["schema"] = "auth_residue", ["category_name"] = TokenStructureFiles.Category };
        return Snapshot($"structure-{name}", name, $"**{name}**, coloured by structure token; point at a residue to read it.", new JsonArray(
            Download($"{TokenStructureFiles.Folder}/{file}", "mmcif",
                Node("component", new() { ["selector"] = "polymer" },
                    Node("representation", new() { ["type"] = "cartoon" },
                        Node("color", new() { ["color"] = TokenPalette.None }),
                        Node("color_from_source", With(source, "color")))),
                Node("component", new() { ["selector"] = "ligand" },
                    Node("representation", new() { ["type"] = "ball_and_stick" }, Node("color", new() { ["color"] = Carbon }))),
                Node("tooltip_from_source", With(source, "tooltip")))));
    }

    private static JsonObject With(JsonObject source, string field)
    {
        var copy = (JsonObject)source.DeepClone();
        copy["field_name"] = field;
        return copy;
    }

    private static JsonObject Snapshot(string key, string title, string description, JsonArray children) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["key"] = key,
            ["title"] = title,
            ["description"] = description,
            ["description_format"] = "markdown",
            ["linger_duration_ms"] = 5000,
        },
        ["root"] = new JsonObject { ["kind"] = "root", ["children"] = children },
    };

    private static JsonObject Download(string path, string format, params JsonNode[] children) =>
        Node("download", new() { ["url"] = path }, Node("parse", new() { ["format"] = format }, Node("structure", new() { ["type"] = "model" }, children)));

    private static JsonObject Colour(JsonObject? selector, string colour) => Node("color", selector is null
        ? new() { ["color"] = colour }
        : new() { ["selector"] = selector.DeepClone(), ["color"] = colour });

    private static JsonObject Node(string kind, JsonObject parameters, params JsonNode[] children)
    {
        var node = new JsonObject { ["kind"] = kind, ["params"] = parameters };
        if (children.Length > 0)
        {
            node["children"] = new JsonArray(children);
        }

        return node;
    }

    private static string EnvironmentPath(int token, int place) => $"{EnvironmentFiles.Folder}/{EnvironmentFiles.Name(token, place)}";

    private static void Add(ZipArchive archive, string name, string text)
    {
        using var stream = archive.CreateEntry(name).Open();
        stream.Write(Encoding.UTF8.GetBytes(text));
    }
}
