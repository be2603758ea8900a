using Ism.Corpus;
using Ism.Models.Serialization;

namespace Ism.System.Tests;

/// <summary>What a run has left in its workspace.</summary>
internal sealed record RunResult(string Workspace, string Output)
{
    /// <summary>Settings of a run that takes over autoencoder and codebook.</summary>
    public string[] AsOrigin => [$"autoencoder.from={At("autoencoder")}", $"codebook.from={At("codebook")}"];

    /// <summary>The curve of structure-tuning.</summary>
    public IReadOnlyDictionary<long, StepLine> Tuning => MetricsLines.Steps(At("metrics.jsonl"), "structure-tuning");

    /// <summary>A path in the workspace.</summary>
    public string At(params string[] parts) => Path.Combine([Workspace, .. parts]);

    /// <summary>Content of all files below a folder by their path relative to it.</summary>
    public IReadOnlyDictionary<string, byte[]> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(At(folder), pattern, SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(At(folder), f), File.ReadAllBytes);

    /// <summary>Every position of the corpus, with how often it is tokenised or quarantined.</summary>
    public IReadOnlyDictionary<long, int> Accounts()
    {
        var counts = new Dictionary<long, int>();
        var folder = Directory.EnumerateDirectories(At("tokens"), "corpus-*").Single();
        foreach (var path in Directory.EnumerateFiles(folder, "*.arrow"))
        {
            using var file = TokenFile.Open(path);
            var rows = Enumerable.Range(0, file.RowCount).Select(file.Position).Distinct();
            foreach (var position in rows.Concat(file.Quarantine.Select(q => q.Position)))
            {
                counts[position] = counts.GetValueOrDefault(position) + 1;
            }
        }

        return counts;
    }

    /// <summary>Largest difference of two models' weights, relative to the largest weight of the tensor it is in.</summary>
    public double WeightDifference(RunResult other)
    {
        var (mine, theirs) = (Weights(), other.Weights());
        Assert.Equal(mine.Keys.Order(), theirs.Keys.Order());
        return mine.Max(tensor => Difference(tensor.Value, theirs[tensor.Key]));
    }

    private static double Difference(float[] a, float[] b)
    {
        Assert.Equal(a.Length, b.Length);
        var scale = Math.Max(1e-6, a.Max(MathF.Abs));
        return a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max() / scale;
    }

    private Dictionary<string, float[]> Weights()
    {
        using var file = SafeTensorsFile.Open(At("model", "model.safetensors"));
        var weights = new Dictionary<string, float[]>();
        foreach (var name in file.Tensors.Keys)
        {
            using var tensor = file.Read(name);
            using var flat = tensor.to_type(TorchSharp.torch.ScalarType.Float32);
            weights[name] = flat.data<float>().ToArray();
        }

        return weights;
    }
}
