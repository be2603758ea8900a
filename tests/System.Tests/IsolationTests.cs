using Ism.Corpus;
using Ism.Featurizer;
using Ism.Structures;
using Ism.System.Tests.Processes;
using Xunit.Abstractions;

namespace Ism.System.Tests;

/// <summary>Structures that crash or hang the featurizer that works on them.</summary>
[Collection(Runs.Collection)]
public class IsolationTests(Runs runs, ITestOutputHelper output)
{
    private const string Seconds = "5";

    [SkippableFact]
    public async Task Should_quarantine_what_crashes_or_hangs_its_featurizer_and_leave_the_others_unharmed()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        var reference = await runs.Reference;
        var names = Names();
        var (crashing, hanging) = (names[3], names[20]);
        var result = await RunAsync("isolated", reference, $"crash:{crashing};hang:{hanging}");

        var refused = File.ReadLines(result.At("quarantine.tsv")).Skip(1).Select(line => line.Split('\t')).ToList();
        output.WriteLine(string.Join('\n', refused.Select(r => string.Join(" | ", r))));
        Assert.Equal(
            new[] { (crashing, "Crashed"), (hanging, "TimedOut") }.Order(), refused.Select(r => (r[2], r[3])).Order());
        Assert.Contains(refused, r => r[4].Contains("signal 6", StringComparison.Ordinal));
        Assert.Contains(refused, r => r[4].Contains("corpus.structureSeconds", StringComparison.Ordinal));
        Assert.Equal(Enumerable.Range(0, Runs.Proteins).Select(p => (long)p), result.Accounts().Keys.Order());
        Assert.All(result.Accounts().Values, times => Assert.Equal(1, times));
        var (expected, found) = (Tokens(reference), Tokens(result));
        Assert.Equal(expected.Keys.Except([crashing, hanging]).Order(), found.Keys.Order());
        Assert.All(found, chain => Assert.Equal(expected[chain.Key], chain.Value));
        Assert.Empty(NodeProcesses.Of(result.Workspace));
    }

    [SkippableFact]
    public async Task Should_tokenise_to_the_same_bytes_what_crashed_or_hung_once_but_does_not_alone()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "runs real processes by Linux means");
        Soak.OrSkip();
        var reference = await runs.Reference;
        var names = Names();
        var result = await RunAsync(
            "innocent", reference, $"overflow-once:{names[0]};exit-once:{names[13]};hang-once:{names[26]};throw-once:{names[27]}");

        Assert.Single(File.ReadLines(result.At("quarantine.tsv")));
        var (expected, found) = (reference.Files("tokens", "*.arrow"), result.Files("tokens", "*.arrow"));
        Assert.Equal(Runs.Proteins / 8, found.Count);
        Assert.All(found, file => Assert.Equal(expected[file.Key], file.Value));
        Assert.Contains("featurizer-", result.Output);
    }

    private async Task<RunResult> RunAsync(string name, RunResult reference, string faults)
    {
        var arguments = runs.Arguments(
            name, reference, featurizers: 2, trainers: 1, "corpus.heldout=[]", "tuning.epochs=2", $"corpus.structureSeconds={Seconds}",
            "cluster.leaseSeconds=10");
        using var run = IsmProcess.Start(new Dictionary<string, string> { [Faults.Variable] = faults }, arguments);
        var result = await runs.CompleteAsync(name, run);
        output.WriteLine(result.Output);
        return result;
    }

    private List<string> Names() => [.. StructureSources.List(runs.Structures).Select(e => e.Name)];

    private static Dictionary<string, ushort[]> Tokens(RunResult run)
    {
        var tokens = new Dictionary<string, ushort[]>();
        foreach (var path in Directory.EnumerateFiles(Directory.EnumerateDirectories(run.At("tokens"), "corpus-*").Single(), "*.arrow"))
        {
            using var file = TokenFile.Open(path);
            for (var row = 0; row < file.RowCount; row++)
            {
                tokens.Add(file.Name(row), file.Tokens(0, row).ToArray());
            }
        }

        return tokens;
    }
}
