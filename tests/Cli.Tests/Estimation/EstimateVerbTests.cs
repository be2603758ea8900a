using System.Text.Json;
using Ism.Cli.Estimation;
using Ism.Cli.Processes;
using Ism.Cli.Tests.Jobs;
using Ism.Cli.Verbs;
using Ism.Corpus;
using Ism.Featurizer;
using Ism.Featurizer.Chunks;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Models.Esm2;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Structures;
using Ism.Structures.Synthesis;

namespace Ism.Cli.Tests.Estimation;

/// <summary>Estimates of a tiny job against what its parts really write.</summary>
public sealed class EstimateVerbTests : IDisposable
{
    private const double Agreement = 0.15;
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-estimate-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Should_agree_with_what_a_job_writes()
    {
        var structures = Path.Combine(_folder, "structures");
        SyntheticCorpus.Write(structures, 40, 1, new SynthesisOptions { MinLength = 40, MaxLength = 60 });
        var job = Job(structures);
        var error = new StringWriter();
        using var interruption = Interruption.Silent();
        var rows = await EstimateVerb.RunAsync(
            new VerbContext(TextWriter.Null, error, interruption), job, new EstimateRequest { Sample = 16, Seconds = 8 }, Program(), CancellationToken.None);
        var values = rows.ToDictionary(r => r.Key, r => r.Value);
        Assert.Equal(values, JsonSerializer.Deserialize<Dictionary<string, double>>(EstimateVerb.Json(rows)));
        Assert.Equal(rows.Count, values.Count);
        Assert.All(values.Values, v => Assert.True(double.IsFinite(v) && v >= 0));
        foreach (var key in (string[])["memory.rank_bytes", "tuning.step_seconds", "course.seconds", "storage.total_bytes",
            "featurizing.structures_per_second", "tuning.tokens_per_second", "course.fewest_featurizers"])
        {
            Assert.True(values[key] > 0, key);
        }

        Assert.Equal(40, values["corpus.structures"]);
        var parts = rows.Where(r => r.Key.StartsWith("memory.", StringComparison.Ordinal) && r.Key != "memory.rank_bytes").Sum(r => r.Value);
        Assert.Equal(values["memory.rank_bytes"], parts, 1.0);

        // Weights and both moments, in float32.
        var shape = new Esm2Config(job.Model.Layers, job.Model.Width, job.Model.Heads);
        var parameters = shape.ParameterCount + (job.Codebook.Clusters * (job.Model.Width + 1L));
        Assert.Equal(parameters, values["tuning.parameters"]);
        Agrees(12.0 * parameters, values["storage.checkpoint_bytes"]);

        var (tokens, catalogue) = Really(job);
        Agrees(tokens, values["storage.tokens_bytes"]);
        Agrees(catalogue, values["storage.catalogues_bytes"]);
    }

    [Theory]
    [InlineData("--trainers", "0")]
    [InlineData("--structures", "-1")]
    [InlineData("--gpu-tokens-per-second", "0")]
    [InlineData("--network", "-3")]
    [InlineData("--seconds", "0")]
    public async Task Should_say_which_option_is_wrong(string option, string value)
    {
        var file = Path.Combine(_folder, "job.yaml");
        File.WriteAllText(file, $"workspace: {_folder}/run\ncorpus:\n  structures: [{_folder}]\n");
        var estimate = await Invocation.Of("estimate", file, option, value);
        Assert.Equal(ExitCode.BadUsage, estimate.Code);
        Assert.Contains(option, Assert.Single(estimate.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_say_that_there_is_no_structure()
    {
        var file = Path.Combine(_folder, "job.yaml");
        File.WriteAllText(file, $"workspace: {_folder}/run\ncorpus:\n  structures: [{_folder}/none]\n");
        var estimate = await Invocation.Of("estimate", file);
        Assert.Equal(ExitCode.BadUsage, estimate.Code);
        Assert.Contains("corpus.structures", estimate.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_not_try_a_model_that_cannot_fit()
    {
        var structures = Path.Combine(_folder, "structures");
        SyntheticCorpus.Write(structures, 1, 1, new SynthesisOptions { MinLength = 40, MaxLength = 60 });
        var file = Path.Combine(_folder, "job.yaml");
        File.WriteAllText(file, $"workspace: {_folder}/run\nmodel:\n  layers: 500\n  width: 20480\n  heads: 20\ncorpus:\n  structures: [{structures}]\n");
        var estimate = await Invocation.Of("estimate", file);
        Assert.Equal(ExitCode.BadUsage, estimate.Code);
        Assert.Contains("--gpu-tokens-per-second", estimate.Error, StringComparison.Ordinal);
    }

    // The executable's assembly, started with the settings of this test's.
    private static ProgramCommand Program()
    {
        var here = Path.Combine(AppContext.BaseDirectory, typeof(EstimateVerbTests).Assembly.GetName().Name!);
        return new ProgramCommand(
            "dotnet",
            ["exec", "--runtimeconfig", $"{here}.runtimeconfig.json", "--depsfile", $"{here}.deps.json", typeof(EstimateVerb).Assembly.Location]);
    }

    private static void Agrees(double real, double estimated) => Assert.InRange(estimated, real * (1 - Agreement), real * (1 + Agreement));

    private JobOptions Job(string structures) => Layers.Resolve(
        $"""
        name: tiny
        workspace: {_folder}/run
        variant: demo
        model: {"{ layers: 1, width: 24, heads: 4 }"}
        corpus: {"{ chunkSize: 8, maxAtoms: 16, structures: [STRUCTURES] }".Replace("STRUCTURES", structures, StringComparison.Ordinal)}
        autoencoder: {"{ layers: 1, width: 16, heads: 2, stage1Epochs: 1, stage2Epochs: 1 }"}
        codebook: {"{ clusters: 8, elbow: [4], startSample: 200, maxIterations: 4 }"}
        tuning: {"{ epochs: 2, globalBatch: 8 }"}
        """).Job;

    // The token files of the whole corpus, and its catalogue, with an encoder of first weights as in the estimate.
    private (long Tokens, long Catalogue) Really(JobOptions job)
    {
        var workspace = new Workspace(job.Workspace);
        var catalogue = Catalogue.Create(StructureSources.List(job.Corpus.Structures), job.Corpus.ChunkSize);
        var folder = catalogue.Save(workspace.At(Workspace.Catalogues), "corpus");
        using (var encoder = new AtomicAutoencoder(
            new AutoencoderShape { Radius = job.Corpus.Radius, MaxAtoms = job.Corpus.MaxAtoms, Layers = 1, Width = 16, Heads = 2 }, 1))
        {
            encoder.Save(workspace.At(Workspace.Autoencoder));
        }

        using var context = new FeaturizerContext(workspace, job);
        using var worker = new ChunkWorker(context);
        var embed = new ChunkWork
        {
            WorkId = "embed",
            Kind = WorkKind.Embed,
            Catalogue = Path.GetFileName(folder),
            Output = "embeddings",
            Encoder = Workspace.Autoencoder,
        };
        Directory.CreateDirectory(workspace.At(embed.Output));
        Directory.CreateDirectory(workspace.At(Workspace.Tokens));
        worker.Run(embed, 0, _ => { }, CancellationToken.None);
        var points = EmbeddingsFile.Load(EmbeddingsFile.PathOf(workspace.At(embed.Output), 0)).Points;
        var found = KMeans.Lloyd(points, KMeans.PlusPlus(points, job.Codebook.Clusters, 1), 10);
        var origin = new CodebookOrigin { Encoder = AtomicAutoencoder.IdentityOf(workspace.At(Workspace.Autoencoder)) };
        new StructureCodebook(found.Centroids, origin).Save(workspace.At(Workspace.Codebook));
        var tokenise = embed with { WorkId = "tokens", Kind = WorkKind.Tokenise, Output = Workspace.Tokens, Codebook = Workspace.Codebook };
        var bytes = Enumerable.Range(0, catalogue.ChunkCount).Sum(c => worker.Run(tokenise, c, _ => { }, CancellationToken.None).Bytes);
        return (bytes, RehearsalWorkspace.SizeOf(folder));
    }
}
