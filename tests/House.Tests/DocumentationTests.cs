using System.Text.RegularExpressions;

namespace Ism.House.Tests;

/// <summary>What the documentation quotes from the sources is there: messages, alerts, links.</summary>
public partial class DocumentationTests
{
    private const int ShortestPart = 4;
    private static readonly Lazy<string> Sources = new(() => string.Join(
        '\n',
        Repository.Files
            .Where(f => f.EndsWith(".cs", StringComparison.Ordinal) && !f.StartsWith("tests/", StringComparison.Ordinal) && !f.StartsWith("benchmarks/", StringComparison.Ordinal))
            .Select(f => Joined(Repository.Text(f)!))));

    public static TheoryData<string> Messages() => [.. Quoted()];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Troubleshooting_should_quote_messages_that_exist(string message)
    {
        var parts = message.Split('…').Select(p => p.Trim()).Where(p => p.Length >= ShortestPart).ToList();
        Assert.NotEmpty(parts);
        Assert.All(parts, part => Assert.True(Sources.Value.Contains(part, StringComparison.Ordinal), $"no source says \"{part}\""));
    }

    [Fact]
    public void Troubleshooting_should_have_every_reason_of_quarantine()
    {
        var reasons = EnumMember().Matches(Section(Read("science/Structures/Reading/StructureRefusedException.cs"), "enum RefusalReason", "\n}\n"))
            .Select(m => m.Groups["name"].Value);
        var told = Reason().Matches(Section(Read("docs/troubleshooting.md"), "| reason |", "\n\n")).Select(m => m.Groups["name"].Value);
        Assert.Equal(reasons, told);
    }

    [Fact]
    public void Operate_should_explain_every_alert()
    {
        var alerts = Alert().Matches(Read("deploy/monitoring/alerts.yaml")).Select(m => m.Groups["name"].Value).ToList();
        Assert.NotEmpty(alerts);
        Assert.Equal(alerts, ExplainedAlert().Matches(Read("docs/operate.md")).Select(m => m.Groups["name"].Value));
    }

    [Fact]
    public void Links_between_documents_should_lead_somewhere()
    {
        var broken =
            from file in Repository.Files
            where file.EndsWith(".md", StringComparison.Ordinal)
            from Match link in Link().Matches(Read(file))
            let target = link.Groups["target"].Value
            where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#')
            let path = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Repository.Full(file))!, target.Split('#')[0]))
            where !Path.Exists(path)
            select $"{file}: {target}";
        Assert.Empty(broken);
    }

    // The first cell of each row: a message in the form of code.
    private static IEnumerable<string> Quoted() =>
        MessageRow().Matches(Read("docs/troubleshooting.md")).Select(m => m.Groups["message"].Value);

    // Strings that are put together from pieces read as one; what stands in braces is as good as anything.
    private static string Joined(string source) => Joint().Replace(source, "").Replace("\\\"", "\"", StringComparison.Ordinal);

    private static string Section(string text, string from, string to)
    {
        var begin = text.IndexOf(from, StringComparison.Ordinal);
        Assert.True(begin >= 0, $"no \"{from}\"");
        return text[begin..text.IndexOf(to, begin, StringComparison.Ordinal)];
    }

    private static string Read(string path) => File.ReadAllText(Repository.Full(path));

    [GeneratedRegex("""^\| `(?<message>[^`]+)` \| """, RegexOptions.Multiline)]
    private static partial Regex MessageRow();

    [GeneratedRegex("""^    (?<name>[A-Z]\w+),""", RegexOptions.Multiline)]
    private static partial Regex EnumMember();

    [GeneratedRegex("""^\| (?<name>[A-Z]\w+) \|""", RegexOptions.Multiline)]
    private static partial Regex Reason();

    [GeneratedRegex("""- alert: (?<name>\w+)""")]
    private static partial Regex Alert();

    [GeneratedRegex("""^\| `(?<name>Ism\w+)` \|""", RegexOptions.Multiline)]
    private static partial Regex ExplainedAlert();

    [GeneratedRegex("""(?<!!)\[[^\]]+\]\((?<target>[^)\s]+)\)""")]
    private static partial Regex Link();

    [GeneratedRegex("\"\\s*\\r?\\n\\s*\\+\\s*\\$?\"")]
    private static partial Regex Joint();
}
