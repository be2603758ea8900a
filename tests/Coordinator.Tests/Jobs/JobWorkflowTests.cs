using Ism.Coordinator.Api;
using Ism.Coordinator.Jobs;
using Ism.Corpus;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Tests.Jobs;

public class JobWorkflowTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Should_go_the_whole_way_and_find_everything_when_run_again()
    {
        using var job = new OneProcessJob(proteins: 6, chunkSize: 4);
        File.WriteAllText(Path.Combine(job.Structures, "zz-empty.cif"), "");
        await JobWorkflow.RunAsync(job, CancellationToken.None).WaitAsync(Limit);

        Assert.Equal(
            [ObjectiveKind.AutoencoderStage1, ObjectiveKind.AutoencoderStage2, ObjectiveKind.StructureTuning],
            job.Stages.Select(s => s.Objective));
        Assert.Equal(WorkKind.Embed, job.Works[0]);
        Assert.Equal(WorkKind.Tokenise, job.Works[^1]);
        Assert.InRange(job.Works.Count(w => w == WorkKind.Cluster), 1, job.Job.Codebook.MaxIterations);
        var tuning = job.Stages[^1];
        Assert.Equal((5, 4L), (tuning.Clusters, tuning.TotalSteps));
        Assert.Equal(RunStages.Report, job.Events[^1].Stage);
        Assert.Equal(RunEventKind.Finished, job.Events[^1].Kind);
        Accounted(job);
        Finished(job);
        Assert.Contains("one-process", File.ReadAllText(job.Workspace.At(Workspace.Report)));
        var codebook = StructureCodebook.Load(job.Workspace.At(Workspace.Codebook));
        Assert.Equal((5, 36L), (codebook.Tokens, codebook.Origin.Points));

        job.Works.Clear();
        job.Stages.Clear();
        job.Events.Clear();
        await JobWorkflow.RunAsync(job, CancellationToken.None).WaitAsync(Limit);
        Assert.Equal([WorkKind.Tokenise], job.Works);
        Assert.Equal(tuning, Assert.Single(job.Stages));
        Accounted(job);
        Finished(job);
    }

    [Fact]
    public async Task Should_end_at_once_when_tokenising_fails_while_training_waits_for_tokens()
    {
        using var job = new OneProcessJob(proteins: 5, chunkSize: 4) { Broken = WorkKind.Tokenise, TuningHangs = true };

        var failed = await Assert.ThrowsAsync<JobFailedException>(
            () => JobWorkflow.RunAsync(job, CancellationToken.None).WaitAsync(Limit));
        Assert.Contains("the disk is full", failed.Message);
    }

    [Fact]
    public async Task Should_say_which_setting_is_wrong_when_there_are_fewer_residues_than_clusters()
    {
        using var job = new OneProcessJob(proteins: 4, chunkSize: 4);
        job.Job = job.Job with { Codebook = job.Job.Codebook with { Clusters = 1000 } };

        var failed = await Assert.ThrowsAsync<JobFailedException>(
            () => JobWorkflow.RunAsync(job, CancellationToken.None).WaitAsync(Limit));
        Assert.Contains("codebook.clusters is 1000", failed.Message);
    }

    // Every stage is seen as finished by whoever reads the events, the tokens too.
    private static void Finished(OneProcessJob job)
    {
        var board = new StageBoard();
        job.Events.ForEach(board.Take);
        Assert.Equal(RunStages.All.Where(stage => stage != RunStages.MutRank), board.View().Select(s => s.Name));
        Assert.All(board.View(), s => Assert.Equal((s.Name, "finished"), (s.Name, s.State)));
        Assert.Equal((2.0, 2.0), board.View().Where(s => s.Name == RunStages.Tokens).Select(s => (s.Done, s.Total)).Single());
    }

    private static void Accounted(OneProcessJob job)
    {
        var lines = File.ReadAllLines(job.Workspace.At(Workspace.Quarantine));
        var refused = Assert.Single(lines.Skip(1)).Split('\t');
        Assert.Equal(("corpus", "6", "Empty"), (refused[0], refused[1], refused[3]));
        var folder = Directory.EnumerateDirectories(job.Workspace.At(Workspace.Tokens)).Single();
        var files = Directory.EnumerateFiles(folder).Order().Select(TokenFile.Open).ToList();
        Assert.Equal(6, files.Sum(f => f.RowCount));
        Assert.Equal(7, files.Sum(f => f.Header.Positions.Count));
        files.ForEach(f => f.Dispose());
    }
}
