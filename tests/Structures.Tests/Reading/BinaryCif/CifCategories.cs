using System.Text;

namespace Ism.Structures.Tests.Reading.BinaryCif;

/// <summary>The categories of a text mmCIF file.</summary>
internal static class CifCategories
{
    public sealed record Category(string Name, int Rows, List<(string Name, List<string?> Values)> Columns);

    public static List<Category> Read(byte[] mmcif)
    {
        var categories = new Dictionary<string, List<(string Name, List<string?> Values)>>();
        var order = new List<string>();
        var tokens = new CifTokens(mmcif, 0, 1);
        var kind = tokens.Next(out var start, out var length);
        while (kind != CifTokenKind.End)
        {
            var text = Latin(mmcif, start, length);
            if (kind == CifTokenKind.Bare && text == "loop_")
            {
                var columns = new List<List<string?>>();
                while ((kind = tokens.Next(out start, out length)) == CifTokenKind.Bare && mmcif[start] == '_')
                {
                    columns.Add(Add(Latin(mmcif, start, length)));
                }

                for (var i = 0; kind != CifTokenKind.End && !Ends(kind, mmcif, start, length); i++)
                {
                    columns[i % columns.Count].Add(Value(kind, mmcif, start, length));
                    kind = tokens.Next(out start, out length);
                }

                continue;
            }

            if (kind == CifTokenKind.Bare && text[0] == '_')
            {
                kind = tokens.Next(out start, out length);
                Add(text).Add(Value(kind, mmcif, start, length));
            }

            kind = tokens.Next(out start, out length);
        }

        return [.. order.Select(name => new Category(name, categories[name].Min(c => c.Values.Count), categories[name]))
            .Where(c => c.Columns.TrueForAll(column => column.Values.Count == c.Rows))];

        List<string?> Add(string tag)
        {
            var dot = tag.IndexOf('.', StringComparison.Ordinal);
            var name = dot < 0 ? tag : tag[..dot];
            if (!categories.TryGetValue(name, out var columns))
            {
                categories.Add(name, columns = []);
                order.Add(name);
            }

            columns.Add((tag[(dot + 1)..], []));
            return columns[^1].Values;
        }
    }

    private static bool Ends(CifTokenKind kind, byte[] content, int start, int length) =>
        kind == CifTokenKind.Bare && (content[start] == '_' || Latin(content, start, length) is "loop_" || Latin(content, start, length)
            .StartsWith("data_", StringComparison.OrdinalIgnoreCase));

    private static string? Value(CifTokenKind kind, byte[] content, int start, int length) =>
        kind == CifTokenKind.Bare && length == 1 && content[start] == '.' ? null : Latin(content, start, length);

    private static string Latin(byte[] content, int start, int length) => Encoding.Latin1.GetString(content, start, length);
}
