using Ism.Corpus;
using Ism.Featurizer;
using Ism.Featurizer.Chunks;
using Ism.Models.Autoencoder;
using Ism.Models.Autoencoder.Measurement;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Structures;
using TorchSharp;

namespace Ism.Benchmarks.Featurizing;

/// <summary>One chunk from its files to its token file through a featurizer's worker, by turns with structures read ahead and without; and
/// the time of the encoder alone on the same microenvironments.</summary>
internal static class FeaturizerPart
{
    private const int Tokens = 64;

    public static void Run(Settings settings, Report report, IReadOnlyList<string> files)
    {
        var some = Math.Min(settings.Chains, files.Count);
        var entries = Enumerable.Range(0, some).Select(i => new StructureEntry(
            files[(int)((long)i * files.Count / some)], null, -1, 0, new FileInfo(files[(int)((long)i * files.Count / some)]).Length)).ToList();
        (string Name, AutoencoderShape Shape)[] shapes =
            [("default", new AutoencoderShape()), ("demo", new AutoencoderShape { Layers = 2, Width = 64, Heads = 4 })];
        foreach (var (name, shape) in shapes)
        {
            var root = Directory.CreateTempSubdirectory("ism-featurizer-").FullName;
            try
            {
                Measure(settings, report, name, shape, root, entries);
            }
            finally
            {
                Directory.Delete(root, recursive: true);
            }
        }
    }

    private static void Measure(
        Settings settings, Report report, string name, AutoencoderShape shape, string root, IReadOnlyList<StructureEntry> entries)
    {
        var workspace = new Workspace(root);
        var catalogue = Catalogue.Create(entries, entries.Count);
        var folder = Path.GetFileName(catalogue.Save(workspace.At(Workspace.Catalogues), "corpus"));
        using var model = new AtomicAutoencoder(shape with { LayerScale = 0.2 }, 1);
        model.Save(workspace.At(Workspace.Autoencoder));
        using var encoder = new EnvironmentEncoder(model);
        var chains = Chains(catalogue, shape);
        new StructureCodebook(
            KMeans.PlusPlus(Embeddings.Concat(chains.Take(2).Select(encoder.Embed).ToList()), Tokens, 1),
            new CodebookOrigin { Encoder = AtomicAutoencoder.IdentityOf(workspace.At(Workspace.Autoencoder)) }).Save(workspace.At(Workspace.Codebook));
        int[] aheads = [0, new FeaturizingOptions().ReadAhead];
        var times = aheads.ToDictionary(a => a, _ => new List<double>());
        var alone = new List<double>();
        var results = new HashSet<string>();
        var structures = 0;
        for (var round = 0; round <= settings.Rounds; round++)
        {
            foreach (var ahead in aheads)
            {
                using var context = new FeaturizerContext(workspace, new JobOptions
                {
                    Featurizing = new FeaturizingOptions { ReadAhead = ahead },
                    Cluster = new ClusterOptions { ThreadsPerFeaturizer = torch.get_num_threads() },
                });
                using var worker = new ChunkWorker(context);
                var work = new ChunkWork
                {
                    WorkId = "tokenise",
                    Kind = WorkKind.Tokenise,
                    Catalogue = folder,
                    Output = "tokens",
                    Encoder = Workspace.Autoencoder,
                    Codebook = Workspace.Codebook,
                };
                var result = worker.Run(work, 0, _ => { }, CancellationToken.None);
                structures = result.Structures;
                results.Add(result.Sha256);
                if (round > 0)
                {
                    times[ahead].Add(result.Seconds);
                }
            }

            alone.Add(EncoderPass.Run(encoder, shape, chains).Seconds);
        }

        if (results.Count != 1)
        {
            throw new InvalidOperationException("reading ahead changed the bytes of the token file");
        }

        var gain = Median(times[0].Zip(times[aheads[1]], (without, with) => without / with));
        report.Line($"featurizer, {name}: {structures} structures, {torch.get_num_threads()} cores; {structures / Median(times[0]):F2} structures/s "
            + $"one after the other, {structures / Median(times[aheads[1]]):F2} with {aheads[1]} read ahead ({gain:F3} times as fast, same bytes); "
            + $"encoder alone {Median(alone) / Median(times[0]):P1} of the former");
        var prefix = name == "default" ? "featurizer." : $"featurizer.{name}.";
        report.Value(prefix + "structures_per_second", structures / Median(times[aheads[1]]));
        report.Value(prefix + "read_ahead_gain", gain);
        report.Value(prefix + "encoder_share", Median(alone) / Median(times[0]));
    }

    private static List<Microenvironment[]> Chains(Catalogue catalogue, AutoencoderShape shape)
    {
        var finder = new MicroenvironmentFinder(shape.Radius, shape.MaxAtoms);
        return [.. ChunkStructures.Read(catalogue, 0, new StructureReaderOptions())
            .Select(read => read.Structure).OfType<Structure>()
            .SelectMany(structure => structure.Chains.Select(chain => finder.FindChain(structure, chain)))];
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
