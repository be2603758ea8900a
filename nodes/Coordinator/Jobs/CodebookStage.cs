using System.Text.Json;
using Ism.Coordinator.Ledger;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Files;
using Ism.Protocol.Jobs;
using Ism.Structures.Numerics;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// The codebook: loaded, found, or made by the cluster. Featurizers embed drawn residues of every chunk; k-means++ starts and the
/// elbow come from a sample of them, and every Lloyd iteration is a pass of partial sums over all chunks, merged in their order.
/// </summary>
public static class CodebookStage
{
    /// <summary>Name of the elbow table beside the codebook.</summary>
    public const string ElbowFile = "elbow.json";

    private const double Converged = 1e-5;

    /// <summary>Returns the folder of the finished codebook (relative to the workspace, or as the user gave it).</summary>
    public static Task<string> RunAsync(IJobServices services, NamedCatalogue experimental, string encoder, CancellationToken cancel) =>
        RunAsync(services, experimental, encoder, Workspace.Codebook, "codebook", cancel);

    /// <summary>The same for another encoder, into another folder.</summary>
    /// <param name="services">The cluster; its job's section <c>codebook</c> says how.</param>
    /// <param name="experimental">What is clustered.</param>
    /// <param name="encoder">Folder of the encoder.</param>
    /// <param name="output">Folder of the codebook below the workspace.</param>
    /// <param name="section">The section of the job with the number of clusters, for messages.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<string> RunAsync(
        IJobServices services, NamedCatalogue experimental, string encoder, string output, string section, CancellationToken cancel)
    {
        var options = services.Job.Codebook;
        var identity = AtomicAutoencoder.IdentityOf(services.Workspace.At(encoder));
        if (options.From.Length > 0)
        {
            var given = Path.GetFullPath(options.From);
            if (Problem(given, identity) is { } problem)
            {
                throw new JobFailedException($"codebook.from: {problem}");
            }

            services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Codebook, message: $"loaded from {given}"));
            return given;
        }

        services.Workspace.BringFolder(output);
        if (Problem(services.Workspace.At(output), identity) is null)
        {
            services.Workspace.KeepFolder(output);
            services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Codebook, message: "found in the workspace"));
            return output;
        }

        services.Emit(RunEvent.Now(RunEventKind.Started, RunStages.Codebook, message: "embedding residues"));
        var order = Enumerable.Range(0, experimental.Catalogue.ChunkCount).ToArray();
        var embeddings = $"{Workspace.Work}/embeddings-{identity[..8]}";
        await EmbedAsync(services, experimental, encoder, identity, embeddings, order, cancel);
        var sample = Sample(services, embeddings, order);
        if (sample.Count < options.Clusters)
        {
            throw new JobFailedException($"{section}.clusters is {options.Clusters}, but only {sample.Count} residues were embedded; "
                + "give more structures or fewer clusters");
        }

        WriteElbow(services, sample, output);
        var codebook = await ClusterAsync(services, experimental, identity, embeddings, order, sample, cancel);
        codebook.Save(services.Workspace.At(output));
        services.Workspace.KeepFolder(output);
        services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Codebook, message:
            $"{codebook.Tokens} tokens from {codebook.Origin.Points:N0} residues in {codebook.Origin.Iterations} iterations"));
        return output;
    }

    private static string? Problem(string folder, string encoderIdentity)
    {
        try
        {
            var codebook = StructureCodebook.Load(folder);
            return codebook.Origin.Encoder != encoderIdentity ? $"{folder} was made with another encoder"
                : codebook.Tokens > CodebookOptions.MostClusters
                    ? $"{folder} has {codebook.Tokens} tokens, and a model can be tuned with {CodebookOptions.MostClusters} at most; make one with fewer clusters"
                    : null;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return e.Message;
        }
    }

    private static async Task EmbedAsync(
        IJobServices services, NamedCatalogue catalogue, string encoder, string identity, string output, int[] order,
        CancellationToken cancel)
    {
        var folder = services.Workspace.At(output);
        Directory.CreateDirectory(folder);
        var work = new ChunkWork
        {
            WorkId = $"embed-{catalogue.Folder}-{identity[..8]}",
            Kind = WorkKind.Embed,
            Catalogue = catalogue.Folder,
            Output = output,
            Encoder = encoder,
            ResiduesPerStructure = services.Job.Codebook.ResiduesPerStructure,
            Seed = StageSteps.Seed(services.Job.Seed, "codebook"),
        };
        var setup = LedgerSetups.Of(services.Job, work, order, c => EmbeddingsFile.PathOf(folder, c)).On(services.Workspace);
        await services.WorkAsync(setup, p => services.Emit(Events.Chunks(RunStages.Codebook, p, "embedding residues")), cancel);
    }

    // Evenly from all chunks, each point by its own draw, so that the sample does not depend on who embedded what.
    private static Embeddings Sample(IJobServices services, string embeddings, int[] order)
    {
        var folder = services.Workspace.At(embeddings);
        var files = order.Select(c => EmbeddingsFile.Load(services.Workspace.Brought(EmbeddingsFile.PathOf(folder, c)))).ToList();
        var total = files.Sum(f => (long)f.Points.Count);
        var share = total == 0 ? 0 : Math.Min(1.0, services.Job.Codebook.StartSample / (double)total);
        var seed = (ulong)StageSteps.Seed(services.Job.Seed, "codebook-sample");
        var taken = new List<Embeddings>();
        for (var chunk = 0; chunk < files.Count; chunk++)
        {
            var points = files[chunk].Points;
            var draws = new CounterRandom(seed, (ulong)chunk);
            for (var i = 0; i < points.Count; i++)
            {
                if (draws.NextDouble() < share)
                {
                    taken.Add(points.Slice(i, 1));
                }
            }
        }

        return taken.Count > 0 ? Embeddings.Concat(taken) : new Embeddings(Array.Empty<float>(), files[0].Points.Width);
    }

    private static void WriteElbow(IJobServices services, Embeddings sample, string output)
    {
        var path = services.Workspace.At(output, ElbowFile);
        var clusters = services.Job.Codebook.Elbow.Where(k => k < sample.Count).ToList();
        if (clusters.Count == 0 || File.Exists(path))
        {
            return;
        }

        services.Emit(RunEvent.Now(RunEventKind.Progress, RunStages.Codebook, message: $"elbow over K = {string.Join(", ", clusters)}"));
        var seed = (ulong)StageSteps.Seed(services.Job.Seed, "elbow");
        var elbow = Elbow.Of(sample, clusters, seed, services.Job.Codebook.MaxIterations);
        WholeFile.Write(path, JsonSerializer.Serialize(elbow));
    }

    private static async Task<StructureCodebook> ClusterAsync(
        IJobServices services, NamedCatalogue catalogue, string identity, string embeddings, int[] order, Embeddings sample,
        CancellationToken cancel)
    {
        var options = services.Job.Codebook;
        var seed = (ulong)StageSteps.Seed(services.Job.Seed, "k-means");
        var folder = $"{Workspace.Work}/kmeans-{identity[..8]}-{options.Clusters}";
        var centroids = KMeans.PlusPlus(sample, options.Clusters, seed);
        var inertia = double.MaxValue;
        for (var iteration = 1; ; iteration++)
        {
            var pass = $"{folder}/pass-{iteration:D3}";
            ClusteringFiles.SaveCentroids(services.Workspace.At(pass, "centroids.safetensors"), centroids);
            services.Workspace.Keep($"{pass}/centroids.safetensors", cancel);
            var total = await PassAsync(services, catalogue, pass, embeddings, order, cancel);
            var next = KMeans.Update([total], centroids);
            services.Emit(RunEvent.Now(RunEventKind.Progress, RunStages.Codebook, iteration, options.MaxIterations, "k-means",
                new Dictionary<string, double> { ["inertia"] = total.Inertia }));
            var settled = next.SameAs(centroids) || (iteration > 1 && inertia - total.Inertia <= Converged * inertia);
            if (settled || iteration >= options.MaxIterations)
            {
                return new StructureCodebook(next, new CodebookOrigin
                {
                    Encoder = identity,
                    Inertia = total.Inertia,
                    Points = total.Points,
                    Iterations = iteration,
                    Converged = settled,
                    Seed = seed,
                });
            }

            (centroids, inertia) = (next, total.Inertia);
        }
    }

    private static async Task<KMeansPartial> PassAsync(
        IJobServices services, NamedCatalogue catalogue, string pass, string embeddings, int[] order,
        CancellationToken cancel)
    {
        var output = services.Workspace.At(pass);
        var work = new ChunkWork
        {
            WorkId = $"{pass.Replace('/', '-')}-{catalogue.Folder}",
            Kind = WorkKind.Cluster,
            Catalogue = catalogue.Folder,
            Output = pass,
            Codebook = $"{pass}/centroids.safetensors",
            Embeddings = embeddings,
        };
        var setup = LedgerSetups.Of(services.Job, work, order, c => EmbeddingsFile.PathOf(output, c)).On(services.Workspace);
        await services.WorkAsync(setup, _ => { }, cancel);
        return KMeansPartial.Merge(order.Select(c => ClusteringFiles.LoadPartial(services.Workspace.Brought(EmbeddingsFile.PathOf(output, c)))));
    }
}
