namespace Ism.Cli.Reference;

/// <summary>Tables in Markdown.</summary>
internal static class Markdown
{
    /// <summary>A table; lines end with '\n'.</summary>
    public static string Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows) =>
        string.Concat(rows.Prepend([.. head.Select(_ => "---")]).Prepend(head).Select(row => $"| {string.Join(" | ", row.Select(Cell))} |\n"));

    /// <summary>Text in the form of code; nothing for nothing.</summary>
    public static string Code(string text) => text.Length == 0 ? "" : $"`{text}`";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
