using System.IO.Compression;
using Ism.Structures.Synthesis;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>Bad structures never end a run; a bad job never starts one.</summary>
[Collection(Runs.Collection)]
public class BadInputRunTests(Runs runs, ITestOutputHelper output)
{
    private const int Good = 12;
    private static readonly TimeSpan RefusalDeadline = TimeSpan.FromMinutes(2);

    [SkippableFact]
    public async Task Should_quarantine_bad_structures_with_their_reasons_and_complete()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var folder = runs.WorkspaceOf("bad-structures-input");
        WriteCorpus(folder);
        var result = await runs.CompleteAsync(
            "bad-structures", reference, 1, 1, $"corpus.structures=[\"{folder}\"]", "tuning.epochs=2", "corpus.heldout=[]");

        var refused = File.ReadLines(result.At("quarantine.tsv")).Skip(1).Select(line => line.Split('\t')).ToList();
        output.WriteLine(string.Join('\n', refused.Select(r => string.Join(" | ", r))));
        Assert.Equal(
            [
                ("alpha-carbons", "CAlphaOnly"), ("binary", "NoAtoms"), ("cut", "Truncated"), ("empty", "Empty"),
                ("garbage", "NotAStructure"),
            ],
            refused.Select(r => (Name: Path.GetFileName(r[2]).Split('.')[0], Reason: r[3])).OrderBy(r => r.Name));
        Assert.All(refused, r => Assert.NotEmpty(r[4]));
        Assert.Equal(Good + refused.Count, result.Accounts().Count);
        Assert.All(result.Accounts().Values, times => Assert.Equal(1, times));
    }

    [SkippableFact]
    public async Task Should_refuse_an_unknown_setting_in_one_line() =>
        Assert.Contains("codebook.clusterz", await RefusedAsync("unknown-setting", "codebook.clusterz=3"));

    [SkippableFact]
    public async Task Should_refuse_a_folder_that_is_not_there_in_one_line() => Assert.Contains(
        "/no/such/folder", await RefusedAsync("missing-folder", "corpus.structures=[\"/no/such/folder\"]"));

    [SkippableFact]
    public async Task Should_refuse_the_workspace_of_another_job_in_one_line()
    {
        var reference = await runs.Reference;
        var said = await RefusedAsync("other-job", $"workspace={reference.Workspace}", "tuning.learningRate=0.5");
        Assert.Contains("holds another job", said);
        Assert.Contains("tuning.learningRate", said);
    }

    // Exit code 2, one line that a person can read, and nothing started.
    private async Task<string> RefusedAsync(string name, params string[] settings)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        using var run = runs.Start(name, null, 1, 1, settings);
        Assert.Equal(2, await run.ExitAsync(RefusalDeadline));
        output.WriteLine(run.Output);
        Assert.StartsWith("ism: ", run.Output);
        Assert.DoesNotContain("   at ", run.Output);
        Assert.Single(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(Path.Combine(runs.WorkspaceOf(name), "logs")));
        return run.Output;
    }

    private static void WriteCorpus(string folder)
    {
        SyntheticCorpus.Write(folder, Good, seed: 403, new SynthesisOptions { MinLength = 30, MaxLength = 60 });
        var model = File.ReadAllText(Directory.EnumerateFiles(folder).Order().First());
        File.WriteAllText(Path.Combine(folder, "empty.pdb"), "");
        File.WriteAllText(Path.Combine(folder, "garbage.cif"), string.Join('\n', Enumerable.Range(0, 200).Select(i => $"not a structure {i}")));
        File.WriteAllBytes(
            Path.Combine(folder, "binary.bcif"),
            [0x83, 0xa7, .. "encoder"u8, 0xa4, .. "test"u8, 0xa7, .. "version"u8, 0xa5, .. "0.3.0"u8, 0xaa, .. "dataBlocks"u8, 0x90]);
        File.WriteAllText(Path.Combine(folder, "alpha-carbons.cif"), AlphaCarbons(model));
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(global::System.Text.Encoding.UTF8.GetBytes(model));
        }

        File.WriteAllBytes(Path.Combine(folder, "cut.cif.gz"), memory.ToArray()[..((int)memory.Length / 2)]);
    }

    private static string AlphaCarbons(string model) => string.Join('\n', model.Split('\n')
        .Where(line => !line.StartsWith("ATOM", StringComparison.Ordinal)
            || line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains("CA")));
}
