using Ism.Coordinator.Jobs;
using Ism.Corpus;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Tests.Jobs;

public class TeacherStageTests
{
    private const string Letters = "abcd";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Should_carry_further_teachers_into_token_files_stage_and_report_and_account_for_what_they_lack()
    {
        using var job = new OneProcessJob(proteins: 6, chunkSize: 4);
        await Run(job);
        var plain = Rows(job, teachers: 1);

        // One structure is not in the first file, one is of another length there; the second names chains and numbers.
        var letters = Path.Combine(job.Structures, "..", "letters.tsv");
        File.WriteAllLines(letters, ["name\ttokens", .. plain.Skip(1).Select((row, i) => $"{row.Name}\t{Text(row)}{(i == 0 ? "a" : "")}")]);
        var numbers = Path.Combine(job.Structures, "..", "numbers.csv");
        File.WriteAllLines(numbers, ["tokens,name,sequence", .. plain.Select(row => $"{string.Join(' ', row.Sequence.Select(l => l % 50))},{row.Name}_{row.Chain},{row.Sequence}")]);
        job.Job = job.Job with
        {
            Teachers =
            [
                new() { Name = "letters", Tokens = letters, Alphabet = Letters, Weight = 0.5, Excluded = "2", MostMissing = 0.4 },
                new() { Name = "numbers", Tokens = numbers, Clusters = 50 },
            ],
        };
        job.Stages.Clear();
        await Run(job);

        var rows = Rows(job, teachers: 3);
        Assert.Equal(plain.Select(row => (row.Name, row.Sequence)), rows.Select(row => (row.Name, row.Sequence)));
        for (var i = 0; i < rows.Count; i++)
        {
            Assert.Equal(plain[i].Tokens[0], rows[i].Tokens[0]);
            Assert.Equal(rows[i].Sequence.Select(l => i < 2 ? TokenRow.NoToken : (ushort)(l % 4)), rows[i].Tokens[1]);
            Assert.Equal(rows[i].Sequence.Select(l => (ushort)(l % 50)), rows[i].Tokens[2]);
        }

        var stage = Assert.Single(job.Stages);
        Assert.Equal(new TeacherHeads([new("letters", 4, 2, 0.5), new("numbers", 50, -1, 1)]), stage.Teachers);
        Assert.NotEqual(stage, stage with { Teachers = TeacherHeads.None });
        Assert.Contains(job.Events, e => e.Message.StartsWith("teacher letters: 5 of 6 structures", StringComparison.Ordinal));
        Assert.Contains(job.Events, e => e.Message.StartsWith("teacher letters: 2 of the first 6 chains", StringComparison.Ordinal));
        var report = File.ReadAllText(job.Workspace.At(Workspace.Report));
        Assert.Contains("2 chains have no tokens of this teacher", report);
        Assert.Contains("Use of the tokens: numbers", report);

        // Run again, the sorted files are found; the file itself is only compared.
        var parts = Directory.GetLastWriteTimeUtc(Directory.EnumerateDirectories(job.Workspace.At("work", "teachers")).First());
        await Run(job);
        Assert.Equal(parts, Directory.GetLastWriteTimeUtc(Directory.EnumerateDirectories(job.Workspace.At("work", "teachers")).First()));
        Assert.Equal(stage, job.Stages[^1]);

        await Fails(job, job.Job.Teachers[0] with { MostMissing = 0.1 }, "5 of 6 structures");
        await Fails(job, job.Job.Teachers[0] with { MostMissing = 0.2 }, "2 of the first 6 chains");
        await Fails(job, job.Job.Teachers[0] with { Alphabet = "abc" }, "letters.tsv:");
        await Fails(job, job.Job.Teachers[0] with { Tokens = "nowhere.tsv" }, "cannot be read");
    }

    private static async Task Fails(OneProcessJob job, TeacherOptions teacher, string expected)
    {
        job.Job = job.Job with { Teachers = [teacher] };
        Assert.Contains(expected, (await Assert.ThrowsAsync<JobFailedException>(() => Run(job))).Message);
    }

    private static Task Run(OneProcessJob job) => JobWorkflow.RunAsync(job, CancellationToken.None).WaitAsync(Limit);

    private static string Text(TokenRow row) => string.Concat(row.Sequence.Select(letter => Letters[letter % 4]));

    private static List<TokenRow> Rows(OneProcessJob job, int teachers)
    {
        var rows = new List<TokenRow>();
        foreach (var path in Directory.EnumerateFiles(job.Workspace.At(Workspace.Tokens), "*.arrow", SearchOption.AllDirectories).Order())
        {
            using var file = TokenFile.Open(path);
            if (file.Header.Teachers.Count == teachers)
            {
                rows.AddRange(Enumerable.Range(0, file.RowCount).Select(file.Row));
            }
        }

        return [.. rows.OrderBy(row => row.Position)];
    }
}
