using Ism.Coordinator.Jobs;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Models.Esm2;
using Ism.Models.Serialization;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Estimation;

/// <summary>Sizes of what is tuned, without making it.</summary>
public static class ModelSizes
{
    private const string ConfigFile = "config.json";

    /// <summary>Trained numbers: those of the language model and of the structure heads.</summary>
    /// <exception cref="InvalidDataException">model.from or codebook.from is not what it should be.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static long Parameters(JobOptions job)
    {
        var (numbers, width) = LanguageModel(job.Model);
        var first = FeatureStage.Wanted(job) ? EmbeddingWidthOf(job) : ClustersOf(job);
        var further = job.Teachers.Sum(teacher => teacher.TokenCount) + (job.Mutrank.IsOn ? job.Mutrank.Clusters : 0);
        return numbers + (((long)first + further) * (width + 1));
    }

    /// <summary>Structure tokens K.</summary>
    public static int ClustersOf(JobOptions job) =>
        job.Codebook.From.Length > 0 ? StructureCodebook.Load(job.Codebook.From).Tokens : job.Codebook.Clusters;

    private static int EmbeddingWidthOf(JobOptions job) =>
        job.Autoencoder.From.Length > 0 ? AtomicAutoencoder.ShapeOf(job.Autoencoder.From).Width : job.Autoencoder.Width;

    private static (long Numbers, int Width) LanguageModel(ModelOptions model)
    {
        if (model.From.Length == 0)
        {
            var shape = new Esm2Config(model.Layers, model.Width, model.Heads).Validated();
            return (shape.ParameterCount, shape.Width);
        }

        var config = Path.Combine(model.From, ConfigFile);
        if (File.Exists(config))
        {
            var shape = HuggingFaceConfig.Read(config);
            return (shape.ParameterCount, shape.Width);
        }

        using var tensors = SafeTensorsShards.Open(model.From);
        return (tensors.Tensors.Values.Sum(t => t.Elements), (int)tensors.Tensors.Values.Where(t => t.Shape.Count == 2).Min(t => t.Shape[1]));
    }
}
