using System.Text.Json.Nodes;
using Ism.Corpus;
using Ism.System.Tests.Processes;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>`ism verify` believes nothing: each lie about a finished job is found.</summary>
[Collection(Runs.Collection)]
public class VerifierTests(Runs runs, ITestOutputHelper output)
{
    private const string Order = "each step's samples are exactly those that the order prescribes";
    private const string Ledger = "the ledger has each chunk once, with the hash of its file";

    private static readonly Dictionary<string, (Action<string> Lie, string Broken)> Lies = new()
    {
        ["a step's line is gone"] = (w => Steps(w, lines => lines.RemoveAt(lines.Count / 2)), "every step is done"),
        ["a step's digest is another"] = (w => Steps(w, lines => lines[7]["samples_digest"] = "0123456789abcdef"), Order),
        ["two steps' samples have changed places"] = (w => Steps(w, SwapDigests), Order),
        ["a step's loss is another by a thousandth"] = (
            w => Steps(w, lines => lines[9]["loss"] = lines[9]["loss"]!.GetValue<double>() * 1.001), "the loss curve is that of the undisturbed run"),
        ["a structure is missing from its token file"] = (DropStructure, "every structure is tokenised or quarantined, once"),
        ["a token is another"] = (ChangeToken, Ledger),
        ["a chunk was committed twice"] = (CommitTwice, Ledger),
        ["the newest checkpoint has a bit turned over"] = (w => FlipCheckpoint(w, 0), "every checkpoint in sight is complete"),
        ["an older checkpoint has a bit turned over"] = (w => FlipCheckpoint(w, 1), "every checkpoint in sight is complete"),
    };

    public static TheoryData<string> Names => [.. Lies.Keys];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task The_checker_finds_that(string lie)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var copy = runs.WorkspaceOf($"lie-{lie.Replace(' ', '-').Replace("'", "", StringComparison.Ordinal)}");
        Damage.Copy(reference.Workspace, copy);
        Lies[lie].Lie(copy);
        var (code, findings) = await WorkspaceChecks.AskAsync(copy, reference);

        output.WriteLine(WorkspaceChecks.Text(findings));
        Assert.Equal(1, code);
        Assert.Contains(findings, f => !f.Holds && f.What == Lies[lie].Broken);
    }

    [SkippableFact]
    public async Task The_checker_finds_nothing_wrong_with_what_nobody_touched()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        await WorkspaceChecks.HoldAsync(output, reference.Workspace, reference);
    }

    // The step lines of structure-tuning are changed, all other lines stay as they are.
    private static void Steps(string workspace, Action<List<JsonNode>> change)
    {
        var path = Path.Combine(workspace, "metrics.jsonl");
        var lines = File.ReadLines(path).Select(line => JsonNode.Parse(line)!).ToLookup(IsStep);
        var steps = lines[true].ToList();
        change(steps);
        File.WriteAllLines(path, lines[false].Concat(steps).Select(line => line.ToJsonString()));
    }

    private static bool IsStep(JsonNode line) => line["stage"]!.GetValue<string>() == "structure-tuning" && line["loss"] is not null;

    private static void SwapDigests(List<JsonNode> steps)
    {
        var (first, second) = (steps[3]["samples_digest"]!.GetValue<string>(), steps[4]["samples_digest"]!.GetValue<string>());
        Assert.NotEqual(first, second);
        (steps[3]["samples_digest"], steps[4]["samples_digest"]) = (second, first);
    }

    // A file that is sound in itself, but accounts for one structure less.
    private static void DropStructure(string workspace) => Rewrite(workspace, (header, rows) => (
        header with { Positions = new PositionRange(header.Positions.First + 1, header.Positions.Count - 1) },
        rows.Where(row => row.Position > header.Positions.First)));

    private static void ChangeToken(string workspace) => Rewrite(workspace, (header, rows) =>
    {
        var changed = rows.ToList();
        changed[0].Tokens[0][5] = (ushort)(changed[0].Tokens[0][5] == 0 ? 1 : 0);
        return (header, changed);
    });

    private static void Rewrite(
        string workspace, Func<TokenFileHeader, IReadOnlyList<TokenRow>, (TokenFileHeader Header, IEnumerable<TokenRow> Rows)> change)
    {
        var path = TokenFile.PathOf(Directory.EnumerateDirectories(Path.Combine(workspace, "tokens"), "corpus-*").Single(), 1);
        TokenFileHeader header;
        List<TokenRow> rows;
        List<QuarantinedStructure> refused;
        using (var file = TokenFile.Open(path))
        {
            (header, rows, refused) = (file.Header, [.. Enumerable.Range(0, file.RowCount).Select(file.Row)], [.. file.Quarantine]);
        }

        var changed = change(header, rows);
        TokenFileWriter.Write(path, changed.Header, changed.Rows, refused);
    }

    private static void CommitTwice(string workspace)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(workspace, "ledger", "journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            insert into journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
            select created, deleted, persistence_id, sequence_number + 1, message, manifest, identifier, writer_uuid from journal
            where persistence_id like 'ledger-tokenise-corpus-%' order by sequence_number desc limit 1
            """;
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private static void FlipCheckpoint(string workspace, int age) =>
        Damage.FlipBit(Path.Combine(Checkpoints.PathOf(workspace, Checkpoints.Steps(workspace)[age]), "optimizer.safetensors"));
}
