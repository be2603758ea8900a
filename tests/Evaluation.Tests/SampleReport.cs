using Ism.Corpus;
using Ism.Evaluation.Reports;
using Ism.Structures.Numerics;

namespace Ism.Evaluation.Tests;

/// <summary>A report with every part filled, from a fixed stream.</summary>
internal static class SampleReport
{
    public static RunReport Create()
    {
        var random = new CounterRandom(5);
        return new RunReport
        {
            JobName = "demo",
            Summary = "Completed 400 steps of structure-tuning in 3 min 12 s on 2 trainers.",
            Written = new DateTimeOffset(2026, 5, 1, 12, 30, 0, TimeSpan.Zero),
            Environment = [new("version", "0.1.0"), new("hardware", "2 cores, 24 GB")],
            Settings = [new("tuning.learningRate", "0.0001"), new("codebook.clusters", "64"), new("corpus.structures",
                "demo/structures")],
            Accounts =
            [
                new StructureAccount("corpus", 12_345, 12_341, 13_002, 2_345_678,
                    [new CountedReason("no-protein", 3, "1abc: holds RNA alone"), new CountedReason("syntax", 1,
                        "x.cif line 7: 'q' is no number")],
                    [new QuarantinedStructure(4, "1abc", "no-protein", "1abc.cif holds RNA alone"),
                        new QuarantinedStructure(9, "x", "syntax", "x.cif line 7: 'q' is no number")],
                    [new CountedReason("modified residue mapped to its parent", 411, "MSE 12 in 1xyz")]),
                new StructureAccount("held out", 40, 40, 40, 6_100, [], [], []),
            ],
            Stages =
            [
                new TrainingCurves("autoencoder", [Decay("distogram", 3.9, 2.1, 200, ref random), Decay("amino acid", 3.0, 2.2,
                    200, ref random),
                    Decay("coordinates", 4.5, 1.9, 200, ref random)], null, null),
                new TrainingCurves("structure-tuning",
                    [Decay("structure tokens", 4.1, 2.3, 2000, ref random), Decay("masked amino acids", 3.1, 2.5, 2000,
                        ref random)],
                    new Curve("learning rate", [.. Enumerable.Range(0, 2000).Select(step =>
                        new CurvePoint(step, 1e-4 * Math.Min(step / 400.0, 0.5 + (0.5 * Math.Cos(Math.PI * step / 2000.0)))))]),
                    new Curve("tokens/s",
                        [.. Enumerable.Range(0, 2000).Select(step => new CurvePoint(step, 5200 + (step % 7 * 30)))])),
            ],
            Tokens =
            [
                new TokenUse("autoencoder", Histogram(64, 17, ref random), Histogram(64, -1, ref random), 17,
                    "auto: 94 % of its residues are under pLDDT 50"),
                new TokenUse("mutrank", Histogram(512, -1, ref random), null, null, "switched off"),
            ],
            Elbow = new ElbowTable([new(8, 4.1), new(16, 2.9), new(32, 2.2), new(64, 1.8), new(128, 1.6)], 64),
            Heldout =
            [
                new HeldoutMetric("structure tokens", new Curve("", [new(0, 0.02), new(500, 0.19), new(1000, 0.29),
                    new(1500, 0.335), new(2000, 0.347)]), 0.083),
                new HeldoutMetric("masked amino acids", new Curve("", [new(0, 0.05), new(500, 0.11), new(1000, 0.15),
                    new(1500, 0.17), new(2000, 0.171)]), 0.094),
            ],
        };
    }

    private static Curve Decay(string name, double from, double to, int steps, ref CounterRandom random)
    {
        var points = new CurvePoint[steps];
        for (var step = 0; step < steps; step++)
        {
            points[step] = new CurvePoint(step, to + ((from - to) * Math.Exp(-5.0 * step / steps))
                + (0.08 * random.NextGaussian()));
        }

        return new Curve(name, points);
    }

    private static TokenHistogram Histogram(int tokens, int unfolded, ref CounterRandom random)
    {
        var counts = new long[tokens];
        var low = new long[tokens];
        for (var token = 0; token < tokens; token++)
        {
            counts[token] = (long)(1000 * Math.Exp(0.6 * random.NextGaussian())) + (token == unfolded ? 5000 : 0);
            low[token] = token == unfolded ? counts[token] * 94 / 100 : counts[token] / 50;
        }

        return new TokenHistogram(counts, low);
    }
}
