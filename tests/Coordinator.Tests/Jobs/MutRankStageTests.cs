using Ism.Coordinator.Jobs;
using Ism.Corpus;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Tests.Jobs;

public class MutRankStageTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Should_make_the_second_teacher_from_alignments_and_tune_with_both()
    {
        using var job = new OneProcessJob(6, 4, folder => new() { Alignments = folder, Clusters = 7, Target = "log-odds", Weight = 0.5, ExcludedToken = "3" });
        var alignments = Directory.GetFiles(job.Alignments).Order().ToList();
        File.Delete(alignments[0]);
        File.AppendAllText(alignments[1], ">short\nA\n");
        await Run(job);

        Assert.Equal(
            [ObjectiveKind.AutoencoderStage1, ObjectiveKind.AutoencoderStage2, ObjectiveKind.EvoRank, ObjectiveKind.StructureTuning],
            job.Stages.Select(s => s.Objective));
        Assert.Equal(1, job.Works.Count(w => w == WorkKind.Profile));
        Assert.Equal(2, job.Works.Count(w => w == WorkKind.Embed));
        var stage = job.Stages[2];
        Assert.Equal((SampleKind.ProfiledEnvironments, Workspace.MutRankEncoder, 15L), (stage.Samples, stage.Output, stage.TotalSteps));
        Assert.Equal(new TeacherHeads([new("mutrank", 7, 3, 0.5)]), job.Stages[3].Teachers);

        // Four of six chains have a profile; the two others are accounted for.
        Assert.Contains(job.Events, e => e.Kind == RunEventKind.Warning && e.Message.StartsWith("4 of 6 chains have an alignment", StringComparison.Ordinal)
            && e.Message.Contains("1 have none in ", StringComparison.Ordinal) && e.Message.Contains("'short' has 1 columns", StringComparison.Ordinal));
        var lines = File.ReadAllLines(job.Workspace.At(Workspace.MutRankAlignments)).Skip(1).Select(line => line.Split('\t')).ToList();
        Assert.Equal(["no alignment", $"{alignments[1]}:"], lines.Take(2).Select(line => line[6].StartsWith('/') ? line[6][..(alignments[1].Length + 1)] : line[6]));
        Assert.All(lines.Skip(2), line => Assert.Equal((line[2], "9", ""), (line[3], line[4], line[6])));

        using (var encoder = AtomicAutoencoder.Load(job.Workspace.At(Workspace.MutRankEncoder)))
        {
            Assert.Equal("log-odds", encoder.Shape.Head);
        }

        Assert.Equal(7, StructureCodebook.Load(job.Workspace.At(Workspace.MutRankCodebook)).Tokens);
        Assert.False(File.Exists(job.Workspace.At(Workspace.MutRankCodebook, CodebookStage.ElbowFile)));
        var path = Directory.EnumerateFiles(job.Workspace.At(Workspace.Tokens), "*.arrow", SearchOption.AllDirectories).Order().First();
        using (var file = TokenFile.Open(path))
        {
            Assert.Equal(["autoencoder", "mutrank"], file.Header.Teachers);
            Assert.All(file.Tokens(1, 0).ToArray(), token => Assert.InRange(token, 0, 6));
        }

        Assert.Contains("Use of the tokens: mutrank", File.ReadAllText(job.Workspace.At(Workspace.Report)));

        // Run again, all of it is found.
        job.Works.Clear();
        job.Stages.Clear();
        await Run(job);
        Assert.Equal([WorkKind.Tokenise], job.Works);
        Assert.Equal(ObjectiveKind.StructureTuning, Assert.Single(job.Stages).Objective);

        // And another job takes it as it is, beside a teacher made elsewhere.
        var letters = Path.Combine(job.Structures, "..", "letters.tsv");
        using (var file = TokenFile.Open(path))
        {
            File.WriteAllLines(letters, ["name\ttokens", .. Enumerable.Range(0, file.RowCount).Select(
                row => $"{file.Row(row).Name}\t{string.Concat(file.Row(row).Sequence.Select(letter => "ab"[letter % 2]))}")]);
        }

        job.Job = job.Job with
        {
            Mutrank = job.Job.Mutrank with { From = job.Workspace.At("mutrank"), ExcludedToken = "none" },
            Teachers = [new() { Name = "letters", Tokens = letters, Alphabet = "ab", MostMissing = 0.5 }],
        };
        job.Stages.Clear();
        await Run(job);
        Assert.Equal(new TeacherHeads([new("mutrank", 7, -1, 0.5), new("letters", 2, -1, 1)]), Assert.Single(job.Stages).Teachers);
        Assert.Contains(job.Events, e => e.Message.StartsWith("teacher letters: 2 of the first 6 chains", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_say_what_is_missing_when_nothing_can_be_made_of_the_alignments()
    {
        using var job = new OneProcessJob(3, 4, folder => new() { Alignments = folder, Clusters = 7 });
        foreach (var path in Directory.GetFiles(job.Alignments))
        {
            File.Move(path, Path.Combine(job.Alignments, $"other-{Path.GetFileName(path)}"));
        }

        var failed = await Assert.ThrowsAsync<JobFailedException>(() => Run(job));
        Assert.Contains("mutrank.alignments: 0 of 3 chains", failed.Message);
        Assert.Contains("files are named as structures, 1abc_A.a3m", failed.Message);

        job.Job = job.Job with { Mutrank = new() { From = job.Workspace.At(Workspace.Work) } };
        Assert.StartsWith("mutrank.from: ", (await Assert.ThrowsAsync<JobFailedException>(() => Run(job))).Message);
    }

    [Fact]
    public async Task Should_name_its_own_setting_when_there_are_fewer_residues_than_clusters()
    {
        using var job = new OneProcessJob(3, 4, folder => new() { Alignments = folder, Clusters = 4000 });
        Assert.Contains("mutrank.clusters is 4000", (await Assert.ThrowsAsync<JobFailedException>(() => Run(job))).Message);
    }

    private static Task Run(OneProcessJob job) => JobWorkflow.RunAsync(job, CancellationToken.None).WaitAsync(Limit);
}
