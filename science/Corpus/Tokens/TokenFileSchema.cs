using System.Globalization;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Ism.Corpus;

/// <summary>Columns and metadata keys of a token file.</summary>
internal static class TokenFileSchema
{
    public const string Format = "ism-tokens-1";
    public const string TokenPrefix = "tokens.";
    public const string FeatureColumn = "features";

    public static readonly ListType TokensType = new(new Field("item", UInt16Type.Default, nullable: false));
    public static readonly ListType PlddtType = new(new Field("item", UInt8Type.Default, nullable: false));

    /// <summary>Of the features of a chain: one list of <paramref name="width"/> values a residue.</summary>
    public static ListType FeaturesType(int width) => new(new Field(
        "item", new FixedSizeListType(new Field("item", HalfFloatType.Default, nullable: false), width), nullable: false));

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The schema with the header, the quarantine and the content's hash as metadata.</summary>
    public static Schema Create(TokenFileHeader header, IReadOnlyList<QuarantinedStructure> quarantine, string contentHash) =>
        new(
        [
            new Field("position", Int64Type.Default, nullable: false),
            new Field("name", StringType.Default, nullable: false),
            new Field("chain", StringType.Default, nullable: false),
            new Field("sequence", StringType.Default, nullable: false),
            .. header.Teachers.Select(teacher => new Field(TokenPrefix + teacher, TokensType, nullable: false)),
            new Field("plddt", PlddtType, nullable: true),
            new Field("notes", StringType.Default, nullable: false),
            .. header.FeatureWidth > 0 ? (Field[])[new Field(FeatureColumn, FeaturesType(header.FeatureWidth), nullable: false)] : [],
        ],
        new Dictionary<string, string>
        {
            ["format"] = Format,
            ["catalogue"] = header.CatalogueId,
            ["chunk"] = header.Chunk.ToString(CultureInfo.InvariantCulture),
            ["first_position"] = header.Positions.First.ToString(CultureInfo.InvariantCulture),
            ["positions"] = header.Positions.Count.ToString(CultureInfo.InvariantCulture),
            ["codebook"] = header.CodebookHash,
            ["version"] = header.Version,
            ["no_token"] = TokenRow.NoToken.ToString(CultureInfo.InvariantCulture),
            ["content_sha256"] = contentHash,
            ["quarantine"] = JsonSerializer.Serialize(quarantine, Json),
        });

    /// <summary>Reads back what <see cref="Create"/> wrote.</summary>
    /// <exception cref="InvalidDataException">A key is missing or unreadable, or a column has another type.</exception>
    public static (TokenFileHeader Header, List<QuarantinedStructure> Quarantine, string ContentHash) Parse(Schema schema)
    {
        if (Text("format") != Format)
        {
            throw new InvalidDataException($"metadata says format '{Text("format")}', expected '{Format}'");
        }

        var teachers = schema.FieldsList.Where(field => field.Name.StartsWith(TokenPrefix, StringComparison.Ordinal))
            .Select(field => field.Name[TokenPrefix.Length..]).ToArray();
        var header = new TokenFileHeader(Text("catalogue"), Number<int>("chunk"),
            new PositionRange(Number<long>("first_position"), Number<int>("positions")), Text("codebook"), Text("version"),
                teachers)
        {
            FeatureWidth = schema.FieldsList.FirstOrDefault(field => field.Name == FeatureColumn) is { } features ? WidthOf(features.DataType) : 0,
        };
        var quarantine = JsonSerializer.Deserialize<List<QuarantinedStructure>>(Text("quarantine"), Json)
            ?? throw new InvalidDataException("metadata 'quarantine' is null");
        var expected = Create(header, [], "");
        for (var index = 0; index < expected.FieldsList.Count; index++)
        {
            var (want, have) = (expected.FieldsList[index], schema.FieldsList.ElementAtOrDefault(index));
            if (have is null || have.Name != want.Name || !SameType(want.DataType, have.DataType))
            {
                throw new InvalidDataException($"column {index} should be {want.Name} ({want.DataType.Name}), but is "
                    + $"{have?.Name ?? "missing"} ({have?.DataType.Name})");
            }
        }

        return (header, quarantine, Text("content_sha256"));

        string Text(string key) => schema.Metadata is { } metadata && metadata.TryGetValue(key, out var value)
            ? value
            : throw new InvalidDataException($"metadata '{key}' is missing: not a token file");

        T Number<T>(string key) where T : struct, IParsable<T> => T.TryParse(Text(key), CultureInfo.InvariantCulture,
            out var value)
            ? value
            : throw new InvalidDataException($"metadata '{key}' is '{Text(key)}', expected a number");
    }

    private static int WidthOf(IArrowType features) =>
        features is ListType { ValueDataType: FixedSizeListType { ListSize: > 0, ValueDataType.TypeId: ArrowTypeId.HalfFloat } residue }
            ? residue.ListSize
            : throw new InvalidDataException($"column '{FeatureColumn}' is {features.Name}, expected a list of fixed-size lists of halffloat");

    private static bool SameType(IArrowType want, IArrowType have) => want.TypeId == have.TypeId
        && (want is not ListType list || list.ValueDataType.TypeId == ((ListType)have).ValueDataType.TypeId);
}
