using Ism.Coordinator.Jobs;
using Ism.Corpus;
using Ism.Models.StructureTuning;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Jobs;

public class FeatureStageTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Should_keep_embeddings_beside_the_same_tokens_and_give_the_stage_their_scale()
    {
        using var job = new OneProcessJob(proteins: 6, chunkSize: 4);
        job.Job = job.Job with { Codebook = job.Job.Codebook with { ExcludedToken = "1" } };
        await Run(job);
        var plain = Assert.Single(job.Stages, stage => stage.Tokens.Length > 0);
        Assert.Equal("", plain.Features);

        job.Stages.Clear();
        job.Job = job.Job with { Tuning = job.Job.Tuning with { StructureTarget = TuningOptions.FeatureTarget } };
        await Run(job);
        var stage = Assert.Single(job.Stages);
        Assert.NotEqual(plain.Tokens, stage.Tokens);
        var scale = FeatureScale.Load(job.Workspace.At(stage.Features));

        // The same by plain sums in another order.
        var values = new List<double>();
        var residues = 0L;
        for (var chunk = 0; chunk < 2; chunk++)
        {
            using var bare = TokenFile.Open(TokenFile.PathOf(job.Workspace.At(plain.Tokens), chunk));
            using var file = TokenFile.Open(TokenFile.PathOf(job.Workspace.At(stage.Tokens), chunk));
            Assert.Equal((0, scale.Width), (bare.Header.FeatureWidth, file.Header.FeatureWidth));
            for (var row = 0; row < file.RowCount; row++)
            {
                var (tokens, features) = (file.Row(row).Tokens[0], file.Row(row).Features);
                Assert.Equal(bare.Row(row).Tokens[0], tokens);
                var used = Enumerable.Range(0, tokens.Length).Where(residue => tokens[residue] != 1).ToList();
                residues += used.Count;
                values.AddRange(used.Select(residue => (double)features[(residue * scale.Width) + 2]));
            }
        }

        var mean = values.Average();
        Assert.Equal(mean, scale.Mean[2], 1e-9);
        Assert.Equal(Math.Sqrt(values.Average(v => (v - mean) * (v - mean))), scale.Deviation[2], 1e-9);
        Assert.Contains(job.Events, e => e.Message == $"features: {scale.Width} channels, their mean and deviation from {residues:N0} residues");

        // Done again it is the same stage, to the bit.
        var bytes = File.ReadAllBytes(job.Workspace.At(stage.Features));
        await Run(job);
        Assert.Equal(stage, job.Stages[^1]);
        Assert.Equal(bytes, File.ReadAllBytes(job.Workspace.At(stage.Features)));
    }

    private static Task Run(OneProcessJob job) => JobWorkflow.RunAsync(job, CancellationToken.None).WaitAsync(Limit);
}
