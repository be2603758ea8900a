using System.Text.Json;
using System.Text.Json.Nodes;
using Ism.Evaluation.Labels;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>All numbers of an atlas as JSON (docs/formats.md). What cannot be told is null.</summary>
public static class AtlasJson
{
    /// <summary>Number of the file's form.</summary>
    public const int Format = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The document as text.</summary>
    public static string Write(TokenAtlas atlas, AtlasFacts facts)
    {
        var profiles = atlas.Profiles();
        var background = TokenAtlas.Background(profiles);
        var reasons = ExcludedTokenCase.Of(atlas, facts);
        return new JsonObject
        {
            ["format"] = Format,
            ["job"] = facts.Job,
            ["codebook"] = facts.Codebook,
            ["refused"] = atlas.Refused,
            ["sets"] = new JsonArray([.. atlas.Sets.Select(set => new JsonObject
            {
                ["name"] = set.Name,
                ["structures"] = set.Structures,
                ["residues"] = set.Residues,
            })]),
            ["excluded"] = new JsonObject
            {
                ["token"] = facts.Excluded,
                ["reason"] = facts.ExcludedReason,
                ["case"] = new JsonArray([.. reasons.Sentences.Select(sentence => JsonValue.Create(sentence))]),
            },
            ["elbow"] = facts.Elbow is { } elbow
                ? new JsonObject
                {
                    ["chosen"] = elbow.Chosen,
                    ["suggested"] = elbow.Suggested,
                    ["points"] = new JsonArray([.. elbow.Points.Select(p => new JsonObject { ["clusters"] = p.X, ["inertia"] = p.Y })]),
                }
                : null,
            ["all"] = Profile(background),
            ["tokens"] = new JsonArray([.. profiles.Select((profile, token) => Token(atlas, facts, token, profile, background))]),
        }.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Token(TokenAtlas atlas, AtlasFacts facts, int token, TokenProfile profile, TokenProfile background)
    {
        var row = new JsonObject
        {
            ["token"] = token,
            ["words"] = TokenWords.Of(profile, background),
            ["excluded"] = token == facts.Excluded,
            ["sets"] = new JsonObject(atlas.Sets.Select(set => KeyValuePair.Create(set.Name, (JsonNode?)new JsonObject
            {
                ["share"] = Finite(set.ShareOf(token)),
                ["profile"] = Profile(set.Profiles[token]),
            }))),
        };
        foreach (var (name, value) in Profile(profile).ToList())
        {
            row[name] = value?.DeepClone();
        }

        row["typical"] = new JsonArray([.. atlas.Typical[token].Select((typical, place) => Typical(typical, token, place))]);
        return row;
    }

    private static JsonObject Profile(TokenProfile profile) => new()
    {
        ["residues"] = profile.Residues,
        ["aminoAcids"] = Named(AminoAcids.Letters, profile.AminoAcidShares),
        ["neighbours"] = Named(AminoAcids.Letters, profile.NeighbourShares),
        ["elements"] = Named(string.Concat(Enum.GetNames<ElementType>()), profile.ElementShares),
        ["atoms"] = Finite(profile.MeanAtoms),
        ["states8"] = Named(SecondaryStructure.EightStates, profile.StateShares),
        ["states3"] = Named(SecondaryStructure.ThreeStates, profile.ThreeStateShares),
        ["exposure"] = Finite(profile.MeanExposure),
        ["buried"] = Finite(profile.BuriedShare),
        ["exposures"] = Counts(profile.ExposureCounts),
        ["plddt"] = Finite(profile.MeanPlddt),
        ["below50"] = Finite(profile.LowPlddtShare),
        ["plddtBands"] = Counts(profile.PlddtCounts),
    };

    private static JsonObject Typical(TypicalResidue typical, int token, int place)
    {
        ref readonly var residue = ref typical.Of.Structure.Residues[typical.Residue];
        return new JsonObject
        {
            ["file"] = $"{EnvironmentFiles.Folder}/{EnvironmentFiles.Name(token, place)}",
            ["structure"] = typical.Of.Structure.Name,
            ["set"] = typical.Set,
            ["chain"] = typical.Chain,
            ["number"] = residue.Number,
            ["insertionCode"] = residue.InsertionCode == ' ' ? "" : residue.InsertionCode.ToString(),
            ["aminoAcid"] = residue.Letter.ToString(),
            ["squaredDistance"] = typical.SquaredDistance,
            ["atoms"] = typical.Neighbours.Length,
            ["state"] = typical.Seen.State.ToString(),
            ["exposure"] = Finite(typical.Seen.Exposure),
            ["plddt"] = typical.Seen.Plddt is { } plddt ? Finite(plddt) : null,
        };
    }

    private static JsonObject Named(string letters, double[] values) =>
        new(values.Select((value, i) => KeyValuePair.Create(letters[i].ToString(), Finite(value))));

    private static JsonArray Counts(IEnumerable<long> counts) => new([.. counts.Select(count => JsonValue.Create(count))]);

    // Six significant digits: JSON has no NaN, and people read this too.
    private static JsonNode? Finite(double value) =>
        double.IsFinite(value) ? JsonValue.Create(double.Parse(value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture),
            System.Globalization.CultureInfo.InvariantCulture)) : null;
}
