using Ism.Models.Autoencoder;
using Ism.Models.Autoencoder.Measurement;
using Ism.Structures;
using TorchSharp;

namespace Ism.Benchmarks.Featurizing;

/// <summary>The encoder against the machine's matmul rate in the same run, by shape and precision.</summary>
internal static class EncoderPart
{
    public static void Run(Settings settings, Report report, IReadOnlyList<string> files)
    {
        var chains = Chains(files, settings.Chains);
        report.Line($"encoder: {chains.Count} chains, {chains.Sum(c => c.Length)} residues, {torch.get_num_threads()} torch threads; "
            + $"medians of {settings.Rounds} rounds");
        (string Name, AutoencoderShape Shape)[] shapes =
        [
            ("default", new AutoencoderShape()),
            ("demo", new AutoencoderShape { Layers = 2, Width = 64, Heads = 4 }),
            ("wide", new AutoencoderShape { Width = 256 }),
        ];
        foreach (var (name, shape) in shapes.Where(s => settings.Measures(s.Name)))
        {
            using var model = new AtomicAutoencoder(shape, 1);
            using var plain = new EnvironmentEncoder(model, options: new() { Fused = false });
            using var single = new EnvironmentEncoder(model);
            var prefix = name == "default" ? "encoder." : $"encoder.{name}.";
            report.Line($"{name}: {shape.Layers} layers of {shape.Width}, {shape.Heads} heads");
            Way[] ways = single.IsFused
                ? [new("fp32", single), new("bf16", new(model, options: new() { Precision = EncoderPrecision.BFloat16 })), new("torch", plain)]
                : [new("torch", plain)];
            Array.ForEach(ways, way => EncoderPass.Run(way.Encoder, shape, chains.Take(2)));
            for (var round = 0; round < settings.Rounds; round++)
            {
                foreach (var way in ways)
                {
                    way.Passes.Add(EncoderPass.Run(way.Encoder, shape, way.Name == "torch" ? chains.Take(2) : chains));
                    way.Matmul.Add(MatmulRate.Measure(torch.ScalarType.Float32));
                }
            }

            if (ways.Length > 1 && name == "default")
            {
                Agreement.Tell(report, shape, chains);
            }

            foreach (var way in ways)
            {
                Tell(report, way, way.Name == ways[0].Name ? prefix : $"{prefix}{way.Name}.");
                way.Encoder.Dispose();
            }
        }
    }

    private static void Tell(Report report, Way way, string prefix)
    {
        var share = Median(way.Passes.Zip(way.Matmul, (pass, matmul) => pass.OperationsPerSecond / matmul.PerSecond));
        var ownShare = Median(way.Passes.Zip(
            way.Matmul, (pass, matmul) => pass.OperationsPerProcessorSecond / matmul.PerProcessorSecond));
        var residues = Median(way.Passes.Select(pass => pass.ResiduesPerSecond));
        report.Line($"  {way.Name,-6} {residues,7:F0} residues/s {Median(way.Passes.Select(p => p.OperationsPerSecond)) / 1e9,6:F0} of "
            + $"{Median(way.Matmul.Select(m => m.PerSecond)) / 1e9:F0} GFLOP/s (fp32 matmul) {share,6:P0}; by processor time {ownShare:P0}");
        report.Value(prefix + "residues_per_second", residues);
        report.Value(prefix + "share_of_matmul", share);
        report.Value(prefix + "share_of_matmul_by_processor_time", ownShare);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static List<Microenvironment[]> Chains(IReadOnlyList<string> files, int most)
    {
        var finder = new MicroenvironmentFinder();
        var chains = new List<Microenvironment[]>();
        for (var i = 0; i < most && i < files.Count; i++)
        {
            // Spread over the folder, whose names often group alike structures.
            try
            {
                var structure = StructureReader.ReadFile(files[(int)((long)i * files.Count / Math.Min(most, files.Count))]);
                chains.Add(finder.FindChain(structure, structure.Chains[0]));
            }
            catch (StructureRefusedException)
            {
                // Counted by its absence.
            }
        }

        return chains;
    }

    private sealed record Way(string Name, EnvironmentEncoder Encoder)
    {
        public List<EncoderPass> Passes { get; } = [];

        public List<MatmulRate> Matmul { get; } = [];
    }
}
