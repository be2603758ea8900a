using Ism.Cli.Estimation;
using Ism.Models.Codebook;
using Ism.Models.Esm2;
using Ism.Models.Serialization;
using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Cli.Jobs;

/// <summary>All that can be known of a job without starting it: that its sources hold structures and the first can be read, that its models
/// are what they should be, and that what a rank keeps fits into this machine's memory.</summary>
public static class JobTrial
{
    // Weights, gradients, and the two moments of AdamW, in float32.
    private const int BytesPerParameter = 16;

    /// <summary>Everything found, each with its setting, its value and what to change.</summary>
    public static IReadOnlyList<string> Problems(JobOptions job)
    {
        var found = new Problems();
        Source(found, "corpus.structures", job.Corpus.Structures);
        Source(found, "corpus.heldout", job.Corpus.Heldout);
        Source(found, "autoencoder.structures", job.Autoencoder.Structures);
        Model(found, job);
        Try(found, "codebook.from", job.Codebook.From, path => StructureCodebook.Load(path));
        return found.Lines;
    }

    private static void Source(Problems found, string setting, IReadOnlyList<string> paths)
    {
        foreach (var path in paths)
        {
            try
            {
                var first = StructureSources.List([path]).Take(1).ToList();
                if (first.Count == 0)
                {
                    found.Add(setting, path, "no structure was found in it (.pdb, .cif, also .gz or .zst, and .tar of them)");
                }
            }
            catch (Exception e) when (e is StructureSourceException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                found.Add(setting, path, e.Message);
            }
        }
    }

    private static void Model(Problems found, JobOptions job)
    {
        if (!Try(found, "model.from", job.Model.From, CheckModel))
        {
            return;
        }

        var bytes = ModelSizes.Parameters(job) * BytesPerParameter;
        var there = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > there)
        {
            found.Add(
                "model", $"{bytes / 1e9:F1} GB", $"weights, gradients and moments of one rank do not fit into this machine's {there / 1e9:F1} GB");
        }
    }

    // Names and shapes stand at the beginning of the file; gigabytes of weights are not read.
    private static void CheckModel(string path)
    {
        using var tensors = SafeTensorsShards.Open(path);
        var config = Path.Combine(path, "config.json");
        if (File.Exists(config))
        {
            _ = HuggingFaceConfig.Read(config);
        }

        if (tensors.Tensors.Count == 0)
        {
            throw new InvalidDataException("it holds no tensors");
        }
    }

    private static bool Try(Problems found, string setting, string path, Action<string> look)
    {
        if (path.Length == 0)
        {
            return true;
        }

        try
        {
            look(path);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or FormatException or System.Text.Json.JsonException)
        {
            found.Add(setting, path, e.Message);
            return false;
        }
    }
}
