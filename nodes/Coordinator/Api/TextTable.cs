namespace Ism.Coordinator.Api;

/// <summary>A table in plain lines, its columns as wide as their widest cell.</summary>
internal static class TextTable
{
    private const string Gap = "  ";

    /// <summary>The head and the rows. Columns whose head begins with a '#' hold numbers and are set to the right.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<string> head, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var isNumber = head.Select(h => h.StartsWith('#')).ToArray();
        IReadOnlyList<string> named = [.. head.Select(h => h.TrimStart('#'))];
        var widths = named.Select((h, i) => Math.Max(h.Length, rows.Count == 0 ? 0 : rows.Max(r => r[i].Length))).ToArray();
        return rows.Prepend(named).Select(row => string.Join(
            Gap, row.Select((cell, i) => isNumber[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }
}
