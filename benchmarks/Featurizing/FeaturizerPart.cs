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
        foreach (var (name, shape) in shapes.Where(s => settings.Measures(s.Name)))
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
            new CodebookOrigin { Encoder = AtomicAutoencoder.IdentityOf(workspace.At(Workspace.Autoencoder)) })
            .Save(workspace.At(Workspace.Codebook));
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

        // Load from elsewhere only takes away: the best round of each.
        var (without, with, encoding) = (times[0].Min(), times[aheads[1]].Min(), alone.Min());
        report.Line($"featurizer, {name}: {structures} structures, {torch.get_num_threads()} cores; {structures / without:F2} structures/s "
            + $"one after the other, {structures / with:F2} with {aheads[1]} read ahead "
            + $"({without / with:F3} times as fast, same bytes; best of {settings.Rounds} rounds); "
            + $"encoder alone {encoding / without:P1} of the former");
        var prefix = name == "default" ? "featurizer." : $"featurizer.{name}.";
        report.Value(prefix + "structures_per_second", structures / with);
        report.Value(prefix + "read_ahead_gain", without / with);
        report.Value(prefix + "encoder_share", encoding / without);
    }

    private static List<Microenvironment[]> Chains(Catalogue catalogue, AutoencoderShape shape)
    {
        var finder = new MicroenvironmentFinder(shape.Radius, shape.MaxAtoms);
        return [.. ChunkStructures.Read(catalogue, 0, new StructureReaderOptions())
            .Select(read => read.Structure).OfType<Structure>()
            .SelectMany(structure => structure.Chains.Select(chain => finder.FindChain(structure, chain)))];
    }
}
