using System.Diagnostics;
using Ism.Cli.Processes;
using Ism.Featurizer;
using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Cli.Estimation;

/// <summary>Measures the parts of a job on this machine with a sample of its structures.</summary>
/// <param name="job">The resolved job, its paths absolute.</param>
/// <param name="request">What is asked beside it.</param>
/// <param name="program">The program whose processes do the work of nodes.</param>
/// <param name="say">Takes a line on what is under way.</param>
public sealed class Estimator(JobOptions job, EstimateRequest request, ProgramCommand program, Action<string> say)
{
    private const double GiB = 1L << 30;

    // Share of the cores that others may have before it is said.
    private const double Busy = 0.3;

    /// <summary>Lists the sources, measures, and works out the rest.</summary>
    /// <exception cref="UsageException">A source cannot be listed or is empty, or the model does not fit into memory.</exception>
    /// <exception cref="InvalidOperationException">A process that measures has failed.</exception>
    public async Task<IReadOnlyList<EstimateRow>> RunAsync(CancellationToken cancel)
    {
        say("listing structures");
        var clock = Stopwatch.StartNew();
        var corpus = List("corpus.structures", job.Corpus.Structures);
        var heldout = job.Corpus.Heldout.Count == 0 ? 0 : List("corpus.heldout", job.Corpus.Heldout).Count;
        var others = job.Autoencoder.Structures.Count > 0 && !job.Autoencoder.Structures.SequenceEqual(job.Corpus.Structures);
        var planned = request.Structures ?? corpus.Count;
        var experimental = others ? List("autoencoder.structures", job.Autoencoder.Structures).Count : planned;
        var listed = clock.Elapsed.TotalSeconds;
        var sizes = new JobSizes(job, planned, heldout, experimental, !others);
        var measured = await MeasureAsync(sizes, corpus.Entries, cancel);
        say("working the course out");
        return new EstimateReport(sizes, request, measured, Environment.ProcessorCount, listed).Rows();
    }

    private static long Parameters(JobOptions job)
    {
        try
        {
            return ModelSizes.Parameters(job);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException)
        {
            throw new UsageException($"the model's size is not known: {e.Message}", e);
        }
    }

    private SourceSample List(string setting, IReadOnlyList<string> sources)
    {
        try
        {
            var sample = SourceSample.Of(StructureSources.List(sources), Math.Max(request.Sample, request.Survey));
            return sample.Count > 0 ? sample : throw new UsageException($"{setting}: there is no structure in {string.Join(", ", sources)}");
        }
        catch (Exception e) when (e is StructureSourceException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{setting} cannot be listed: {e.Message}", e);
        }
    }

    private async Task<Measurements> MeasureAsync(JobSizes sizes, IReadOnlyList<StructureEntry> entries, CancellationToken cancel)
    {
        var cores = Environment.ProcessorCount;
        var featurizers = NodeThreads.OfFeaturizers(job.Cluster, request.Apart, cores);
        var trainers = NodeThreads.OfTrainers(job.Cluster, request.Apart, cores);
        RequireMemory(trainers.AtOnce);
        var load = MachineLoad.Now();
        if (load > Busy * cores)
        {
            say($"{load:0.0} processes are at work on this machine's {cores} cores already: what is measured is slower than on a free one");
        }

        var sample = SourceSample.Of(entries, request.Sample).Entries;
        using var scratch = new RehearsalWorkspace(sizes, sample, trainers.AtOnce, request);
        say($"reading {entries.Count} structures for their lengths");
        var lengths = await Task.Run(() => Survey(scratch.Workspace, entries), cancel);
        var nodes = new RehearsalNodes(scratch.Workspace, program);
        say($"featurizing a sample of {sample.Count} structures ({featurizers.AtOnce} featurizer(s), {featurizers.Threads} thread(s) each)");
        var featurized = await nodes.FeaturizersAsync(featurizers.AtOnce, featurizers.Threads, cancel);
        IReadOnlyList<TrainerReading> trained = [];
        if (scratch.Plan.Stages.Count > 0)
        {
            say($"training a few steps of {string.Join(", ", scratch.Plan.Stages.Select(s => s.StageId))} "
                + $"({trainers.AtOnce} trainer(s), {trainers.Threads} thread(s) each)");
            trained = await nodes.TrainersAsync(trainers.AtOnce, trainers.Threads, cancel);
        }

        var network = request.NetworkBytesPerSecond
            ?? (job.Cluster.Trainers > 1 ? await Task.Run(RingBandwidth.MeasureLoopback, cancel) : 0);
        return new Measurements(
            featurized, trained, network, scratch.CatalogueBytes, scratch.BytesPerEntry, featurized.Max(f => f.ReadySeconds), load)
        {
            Lengths = lengths,
        };
    }

    private LengthSurvey Survey(Workspace workspace, IReadOnlyList<StructureEntry> entries)
    {
        using var context = new FeaturizerContext(workspace, job, node: "survey");
        return LengthSurvey.Of(entries, context.Reading);
    }

    // Better said than found out by the kernel.
    private void RequireMemory(int ranks)
    {
        var parameters = Parameters(job);
        var (least, there) = (ranks * MemoryEstimate.LeastBytes(parameters), ProcessMemory.Available());
        if (request.TokensPerSecond is null && least > there)
        {
            throw new UsageException(
                $"{ranks} trainer(s) of {parameters:N0} parameters need {least / GiB:0.0} GiB for weights, gradients and moments alone, and "
                + $"{there / GiB:0.0} GiB are there: give --gpu-tokens-per-second from a machine that has it, or --apart with one trainer measured");
        }
    }
}
