using Ism.Models.Esm2;
using Ism.Models.Esm2.Layers;
using Ism.Models.Numerics;
using Ism.Models.Training;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Ism.Models.StructureTuning;

/// <summary>Settings of <see cref="StructureTuningObjective"/>.</summary>
public sealed record StructureTuningOptions
{
    /// <summary>Share of residues chosen for masked language modelling.</summary>
    public double MaskFraction { get; init; } = 0.15;

    /// <summary>Weight of every structure term; a head's own weight multiplies it.</summary>
    public double StructureWeight { get; init; } = 1;

    /// <summary>The structure terms are summed over the residues chosen for masked language modelling alone, not over all.</summary>
    public bool StructureAtMaskedOnly { get; init; }

    /// <summary>Weight of the masked language term.</summary>
    public double MaskedWeight { get; init; } = 1;

    /// <summary>Tokens in a micro-batch at most, &lt;cls&gt; and &lt;eos&gt; included; a longer sequence is one of its
    /// own.</summary>
    public int TokensPerMicroBatch { get; init; } = 8192;

    /// <summary>How the transformer layers are computed in training.</summary>
    public LayerStackOptions Layers { get; init; } = new();
}

/// <summary>
/// Structure-tuning: L = sum of L_struct over the structure heads + L_MLM. Input is the masked sequence; L_struct is the cross
/// entropy of the structure token over ALL residues, masked or not, that have one other than the head's excluded token (or, as an
/// ablation, over those of them that were chosen); a head for features has the normalised mean squared error at the same residues instead:
/// mean over channels of the squared difference to the embedding, centred and divided by its deviation; L_MLM that of the original residue over the chosen ones. A residue for which a
/// teacher has no token counts for the others. Owns the model and the heads.
/// </summary>
public sealed class StructureTuningObjective : IObjective<TuningSample>
{
    private readonly StructureTuningOptions _options;
    private readonly MaskedLanguageModel _masking;
    private readonly LayerStack _stack;

    /// <summary>Takes over the model and the heads.</summary>
    /// <exception cref="ArgumentException">Two heads have one name, or a head fits another width or type.</exception>
    public StructureTuningObjective(Esm2Model model, IReadOnlyList<TunedHead> heads, StructureTuningOptions? options = null)
    {
        (Model, Heads, _options) = (model, [.. heads], options ?? new());
        _masking = new(_options.MaskFraction);
        foreach (var head in heads)
        {
            if (head.Head.Weight.shape[1] != model.Config.Width || head.Head.Weight.dtype != model.Dtype)
            {
                throw new ArgumentException(
                    $"head {head.Name} is {head.Head.Weight.dtype} of width {head.Head.Weight.shape[1]}; the model is "
                    + $"{model.Dtype} of width {model.Config.Width}");
            }
        }

        if (heads.DistinctBy(head => head.Name).Count() != heads.Count)
        {
            throw new ArgumentException(
                $"two structure heads have one name: {string.Join(", ", heads.Select(head => head.Name))}");
        }

        Terms = [.. heads.Select(head => head.Term), "mlm"];
        TermWeights = [.. heads.Select(head => _options.StructureWeight * head.LossWeight), _options.MaskedWeight];
        Parameters = [.. Trained()];
        CompletionOrder = Completion();
        _stack = new(model, _options.Layers);
    }

    /// <inheritdoc/>
    public string Name => "structure-tuning";

    /// <summary>The tuned language model.</summary>
    public Esm2Model Model { get; }

    /// <summary>One head a token sequence.</summary>
    public IReadOnlyList<TunedHead> Heads { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Terms { get; }

    /// <inheritdoc/>
    public IReadOnlyList<double> TermWeights { get; }

    /// <summary>"backbone.*" under fair-esm's names, then "&lt;head&gt;_head.weight" and ".bias" (of a head for features "&lt;head&gt;_features.*"). What no term's gradient reaches
    /// (a head or the language head of weight 0) is not among them.</summary>
    public IReadOnlyList<NamedParameter> Parameters { get; }

    /// <summary>Heads and final LayerNorm, the layers from last to first, the embedding (which the language head shares).</summary>
    public IReadOnlyList<ParameterRange> CompletionOrder { get; }

    /// <inheritdoc/>
    public IReadOnlyList<IMicroBatch> Collate(IReadOnlyList<TuningSample> share) =>
        Collate([.. share.Select((sample, place) => (sample, place)).Where(s => s.sample.Residues.Length > 0)
            .Select(s => (_masking.Mask(s.sample), s.place))]);

    /// <summary>The same for sequences that are labelled already. Sorted by length, longest first, and packed without padding up
    /// to the token budget; the gradient does not depend on how they are split.</summary>
    public IReadOnlyList<TuningMicroBatch> Collate(IReadOnlyList<LabelledSequence> sequences) =>
        Collate([.. sequences.Select((sequence, place) => (sequence, place))]);

    private List<TuningMicroBatch> Collate((LabelledSequence Sequence, int Place)[] sequences)
    {
        var batches = new List<TuningMicroBatch>();
        var batch = new List<LabelledSequence>();
        var places = new List<int>();
        var tokens = 0;
        foreach (var (sequence, place) in sequences.OrderByDescending(s => s.Sequence.Ids.Length))
        {
            if (batch.Count > 0 && tokens + sequence.Ids.Length > _options.TokensPerMicroBatch)
            {
                Close();
            }

            batch.Add(sequence.Checked(Heads));
            places.Add(place);
            tokens += sequence.Ids.Length;
        }

        if (batch.Count > 0)
        {
            Close();
        }

        return batches;

        void Close()
        {
            batches.Add(new([.. batch], Heads, _options.StructureAtMaskedOnly, Model.Device) { Samples = [.. places] });
            batch.Clear();
            places.Clear();
            tokens = 0;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<torch.Tensor> ForwardSums(IMicroBatch batch)
    {
        var tuning = (TuningMicroBatch)batch;
        using var scope = torch.NewDisposeScope();
        return [.. Losses(Model.Represent(tuning.Tokens, tuning.Layout(Model)), tuning).Select(sum => sum.MoveToOuterDisposeScope())];
    }

    /// <inheritdoc/>
    public ITrainingPass BeginTraining(IMicroBatch batch)
    {
        var tuning = (TuningMicroBatch)batch;
        return new TuningPass(Model, _stack, tuning, hidden => Losses(hidden, tuning), CompletionOrder);
    }

    /// <inheritdoc/>
    public void Refresh() => _stack.Refresh();

    // From the last hidden states [T, D].
    private torch.Tensor[] Losses(torch.Tensor hidden, TuningMicroBatch tuning)
    {
        using var scope = torch.NewDisposeScope();
        var sums = new torch.Tensor[Terms.Count];
        for (var i = 0; i < Heads.Count; i++)
        {
            var head = Heads[i];
            sums[i] = SumOfLosses(hidden, tuning.Structure[i], head.Head.Output).MoveToOuterDisposeScope();
        }

        sums[^1] = SumOfLosses(hidden, tuning.Masked, Model.Logits).MoveToOuterDisposeScope();
        return sums;
    }

    /// <summary>
    /// Per structure head "structure.NAME.accuracy" and ".loss" from the unmasked input over all residues with a token, and
    /// ".masked_accuracy" from the masked input over the chosen ones; "mlm.accuracy" and "mlm.loss" from the masked input. A head for features
    /// has "features.NAME.explained" and ".masked_explained" in place of accuracies: 1 - its squared error / that of always saying the mean of
    /// the scale, over residues and channels together (R² against the mean of the training structures).
    /// </summary>
    public IReadOnlyList<(string Metric, double Sum, double Count)> Evaluate(IMicroBatch batch)
    {
        var tuning = (TuningMicroBatch)batch;
        var metrics = new List<(string, double, double)>();
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using (var unmasked = tuning.Unmasked())
        {
            var hidden = Represent(unmasked);
            for (var i = 0; i < Heads.Count; i++)
            {
                using var positions = tuning.StructureAt(i, Heads[i], maskedOnly: false);
                var (found, of, loss) = Judge(hidden, positions, Heads[i].Head.Output);
                metrics.Add(($"{Terms[i]}.{Merit(i)}", found, of));
                metrics.Add(($"{Terms[i]}.loss", loss, positions.Count));
            }
        }

        var masked = Represent(tuning.Tokens);
        for (var i = 0; i < Heads.Count; i++)
        {
            using var positions = tuning.StructureAt(i, Heads[i], maskedOnly: true);
            var (found, of, _) = Judge(masked, positions, Heads[i].Head.Output);
            metrics.Add(($"{Terms[i]}.masked_{Merit(i)}", found, of));
        }

        var mlm = Judge(masked, tuning.Masked, Model.Logits);
        metrics.Add(("mlm.accuracy", mlm.Found, mlm.Of));
        metrics.Add(("mlm.loss", mlm.Loss, tuning.Masked.Count));
        return metrics;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stack.Dispose();
        Model.Dispose();
        foreach (var head in Heads)
        {
            head.Dispose();
        }
    }

    private string Merit(int head) => Heads[head].Features is null ? "accuracy" : "explained";

    private static torch.Tensor SumOfLosses(
        torch.Tensor hidden, PredictedPositions positions, Func<torch.Tensor, torch.Tensor> output) =>
        positions.Count == 0
            ? torch.zeros([], dtype: hidden.dtype, device: hidden.device)
            : SumOfLosses(output(positions.Pick(hidden)), positions);

    private static torch.Tensor SumOfLosses(torch.Tensor output, PredictedPositions positions) => positions.Features is { } features
        ? functional.mse_loss(output, features, Reduction.Sum) / Held.Of(features.shape[1])
        : functional.cross_entropy(output, positions.Targets, reduction: Reduction.Sum);

    // Right answers of so many; or squared error saved of that of the mean.
    private static (double Found, double Of, double Loss) Judge(
        torch.Tensor hidden, PredictedPositions positions, Func<torch.Tensor, torch.Tensor> output)
    {
        if (positions.Count == 0)
        {
            return default;
        }

        using var scope = torch.NewDisposeScope();
        var said = output(positions.Pick(hidden));
        var loss = SumOfLosses(said, positions).ToDouble();
        if (positions.Features is { } features)
        {
            var spread = (features.square().sum() / Held.Of(features.shape[1])).ToDouble();
            return (spread - loss, spread, loss);
        }

        return (said.argmax(1).eq(positions.Targets).sum().ToDouble(), positions.Count, loss);
    }

    private torch.Tensor Represent(PackedTokens tokens)
    {
        using var layout = Model.Layout(tokens);
        return Model.Represent(tokens, layout);
    }

    private List<ParameterRange> Completion()
    {
        const int Embedding = 1;
        var layers = Model.Config.Layers;
        var top = Embedding + (layers * LayerPlaces.Count);
        List<ParameterRange> order = [new(top, Parameters.Count - top)];
        for (var layer = layers - 1; layer >= 0; layer--)
        {
            order.Add(new(Embedding + (layer * LayerPlaces.Count), LayerPlaces.Count));
        }

        return [.. order, new(0, Embedding)];
    }

    private IEnumerable<NamedParameter> Trained()
    {
        foreach (var (name, tensor) in Model.Parameters)
        {
            if (_options.MaskedWeight != 0 || !name.StartsWith("lm_head.", StringComparison.Ordinal))
            {
                yield return new($"backbone.{name}", tensor);
            }
        }

        foreach (var head in Heads.Where(head => _options.StructureWeight * head.LossWeight != 0))
        {
            yield return new($"{head.ParameterName}.weight", head.Head.Weight);
            yield return new($"{head.ParameterName}.bias", head.Head.Bias);
        }
    }
}
