using System.Text.Json;
using Ism.Models.Esm2;
using Ism.Models.Esm2.Layers;
using Ism.Models.Serialization;
using Ism.Models.StructureTuning;
using Ism.Models.Training;
using Ism.Tests;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Training;

/// <summary>The reference structure-tuning run: its sizes, batches and weights, all from its own files.</summary>
internal sealed class GoldenTuning : IDisposable
{
    // Terms as the reference's JSON calls them, in the objective's order.
    public static readonly string[] Terms = ["ae", "second", "mlm"];

    private readonly JsonDocument _meta = JsonDocument.Parse(File.ReadAllBytes(PathOf("meta.json")));
    private readonly Dictionary<string, torch.Tensor> _batches = SafeTensorsFile.Load(PathOf("batches.safetensors"));

    public JsonElement Meta => _meta.RootElement;

    public int Steps => Meta.GetProperty("steps").GetInt32();

    public int Ranks => Meta.GetProperty("ranks").GetInt32();

    public static string PathOf(string name) => ReferenceData.GoldenPath("structure_tune_tiny", name);

    /// <summary>Whether an optional file is there.</summary>
    public static bool Has(string name) => File.Exists(Path.Combine(Path.GetDirectoryName(PathOf("meta.json"))!, name));

    public static JsonElement Json(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(PathOf(name)));
        return document.RootElement.Clone();
    }

    public static Dictionary<string, torch.Tensor> Tensors(string name) => SafeTensorsFile.Load(PathOf(name));

    public PreparedObjective Objective(
        torch.ScalarType dtype, int tokensPerMicroBatch = 1 << 20, LayerStackOptions? layers = null)
    {
        var initial = Tensors("initial_weights.safetensors");
        var config = new Esm2Config(
            Meta.GetProperty("layers").GetInt32(), Meta.GetProperty("dim").GetInt32(), Meta.GetProperty("heads").GetInt32())
        {
            FeedForward = (int)initial["backbone.layers.0.fc1.weight"].shape[0],
        };
        const string Backbone = "backbone.";
        var model = new Esm2Model(
            config,
            initial.Where(tensor => tensor.Key.StartsWith(Backbone, StringComparison.Ordinal))
                .ToDictionary(tensor => tensor.Key[Backbone.Length..], tensor => tensor.Value),
            dtype);
        return new(new(model, [Head("ae"), Head("second")], new()
        {
            TokensPerMicroBatch = tokensPerMicroBatch,
            Layers = layers ?? new(),
        }));

        TunedHead Head(string name) => new(
            new(name, initial[$"{name}_head.weight"].to(dtype), initial[$"{name}_head.bias"].to(dtype)),
            Excluded($"excl_{name}"));
    }

    public CosineSchedule Schedule() =>
        new(Meta.GetProperty("lr").GetDouble(), Meta.GetProperty("warm").GetInt64(), Meta.GetProperty("steps").GetInt64());

    public AdamWOptions Optimizer() => new()
    {
        Beta1 = Meta.GetProperty("betas")[0].GetDouble(),
        Beta2 = Meta.GetProperty("betas")[1].GetDouble(),
        Epsilon = Meta.GetProperty("adam_eps").GetDouble(),
        WeightDecay = Meta.GetProperty("wd").GetDouble(),
    };

    /// <summary>The rows of a step, or of one rank's part of it.</summary>
    public List<LabelledSequence> Rows(int step, int? rank = null)
    {
        using var scope = torch.NewDisposeScope();
        var ranks = _batches["rank_of_row"].data<long>().ToArray();
        return [.. Enumerable.Range(0, ranks.Length).Where(row => rank is null || ranks[row] == rank).Select(row => Row(step, row))];
    }

    public void Dispose()
    {
        _meta.Dispose();
        foreach (var tensor in _batches.Values)
        {
            tensor.Dispose();
        }
    }

    private int? Excluded(string name) =>
        Meta.TryGetProperty(name, out var token) && token.ValueKind == JsonValueKind.Number ? token.GetInt32() : null;

    private LabelledSequence Row(int step, int row)
    {
        var length = Values("input_ids").TakeWhile(id => id != Esm2Alphabet.Padding).Count();
        return new()
        {
            Ids = Values("input_ids")[..length],
            OriginalIds = Values("original_ids")[..length],
            MaskedLabels = Values("mlm_labels")[..length],
            Tokens = [Values("ae_tokens")[..length], Values("second_tokens")[..length]],
        };

        int[] Values(string name) => Array.ConvertAll(_batches[name][step, row].data<long>().ToArray(), value => (int)value);
    }
}

/// <summary>Structure-tuning driven by sequences that are masked already.</summary>
internal sealed class PreparedObjective(StructureTuningObjective tuning) : IObjective<LabelledSequence>
{
    public string Name => tuning.Name;

    public IReadOnlyList<string> Terms => tuning.Terms;

    public IReadOnlyList<double> TermWeights => tuning.TermWeights;

    public IReadOnlyList<NamedParameter> Parameters => tuning.Parameters;

    public IReadOnlyList<IMicroBatch> Collate(IReadOnlyList<LabelledSequence> share) => tuning.Collate(share);

    public IReadOnlyList<torch.Tensor> ForwardSums(IMicroBatch batch) => tuning.ForwardSums(batch);

    public ITrainingPass BeginTraining(IMicroBatch batch) => tuning.BeginTraining(batch);

    public void Refresh() => tuning.Refresh();

    public IReadOnlyList<ParameterRange> CompletionOrder => tuning.CompletionOrder;

    public IReadOnlyList<(string Metric, double Sum, double Count)> Evaluate(IMicroBatch batch) => tuning.Evaluate(batch);

    public void Dispose() => tuning.Dispose();
}
