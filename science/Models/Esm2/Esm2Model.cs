using Ism.Models.Numerics;
using Ism.Models.Training;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Ism.Models.Esm2;

/// <summary>
/// ESM2 over packed sequences: linear layers, norms and the language head see T tokens and no padding. Plain tensors under
/// fair-esm's names; any of them can be replaced (<see cref="SetParameter"/>), e.g. by views into one flat buffer. The parts of a
/// forward pass are public, so that a training step can keep layer boundaries and compute logits at chosen positions only.
/// Not safe for use by several threads at once. Differentiable where the parameters require gradients.
/// </summary>
public sealed class Esm2Model : IDisposable
{
    private const int TensorsALayer = 16;
    private readonly TensorTable _table;
    private readonly torch.Tensor?[] _contact = new torch.Tensor?[2];
    private readonly List<torch.Tensor> _inverseFrequencies = [];

    /// <summary>
    /// Takes over tensors under the names of <see cref="Esm2Parameters.Trained"/>, and where given the contact head and the
    /// inverse frequencies of each layer (else they are computed). All become <paramref name="dtype"/>, frequencies float32.
    /// </summary>
    /// <exception cref="ArgumentException">A tensor is missing, unknown or of another shape; the message names it.</exception>
    public Esm2Model(
        Esm2Config config, IReadOnlyDictionary<string, torch.Tensor> tensors, torch.ScalarType dtype = torch.ScalarType.Float32,
        torch.Device? device = null)
    {
        Config = config.Validated();
        Dtype = dtype;
        Device = device ?? torch.CPU;
        _table = new TensorTable(Esm2Parameters.Trained(config));
        Esm2TensorCheck.Require(config, tensors);
        using var noGrad = torch.no_grad();
        foreach (var spec in _table.Specs)
        {
            _table.Set(spec.Name, Take(tensors[spec.Name], dtype).requires_grad_(true));
        }

        if (tensors.TryGetValue(Esm2Parameters.ContactWeight, out var weight))
        {
            _contact = [Take(weight, dtype), Take(tensors[Esm2Parameters.ContactBias], dtype)];
        }

        for (var layer = 0; layer < config.Layers; layer++)
        {
            _inverseFrequencies.Add(tensors.TryGetValue(Esm2Parameters.InverseFrequencies(layer), out var given)
                ? Take(given, torch.ScalarType.Float32)
                : Take(RotaryPositions.InverseFrequencies(config.HeadWidth), torch.ScalarType.Float32));
        }

        using var scope = torch.NewDisposeScope();
        SharesFrequencies = _inverseFrequencies.All(f => f.equal(_inverseFrequencies[0]).all().item<bool>());
    }

    /// <summary>Shape and fixed choices.</summary>
    public Esm2Config Config { get; }

    /// <summary>Type of parameters and hidden states.</summary>
    public torch.ScalarType Dtype { get; }

    /// <summary>Where the parameters are.</summary>
    public torch.Device Device { get; }

    /// <summary>Whether contacts can be computed.</summary>
    public bool HasContactHead => _contact[0] is not null;

    /// <summary>The trained tensors in the order of the state dict, without the contact head, the tied matrix once.</summary>
    public IReadOnlyList<NamedParameter> Parameters => _table.Named;

    private bool SharesFrequencies { get; }

    /// <summary>A trained tensor, one of the contact head, or a layer's inverse frequencies, by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such tensor.</exception>
    public torch.Tensor Tensor(string name)
    {
        if (name == Esm2Parameters.TiedCopy)
        {
            return _table[Esm2Parameters.Embedding];
        }

        if (name is Esm2Parameters.ContactWeight or Esm2Parameters.ContactBias && HasContactHead)
        {
            return _contact[name == Esm2Parameters.ContactWeight ? 0 : 1]!;
        }

        for (var layer = 0; layer < Config.Layers; layer++)
        {
            if (name == Esm2Parameters.InverseFrequencies(layer))
            {
                return _inverseFrequencies[layer];
            }
        }

        return _table[name];
    }

    /// <summary>Replaces a trained tensor and disposes of the old one; the model owns the new one.</summary>
    /// <exception cref="ArgumentException">Its type or shape differs.</exception>
    public void SetParameter(string name, torch.Tensor tensor)
    {
        var old = _table[name];
        if (tensor.dtype != old.dtype || !tensor.shape.SequenceEqual(old.shape))
        {
            throw new ArgumentException($"{name} is {old.dtype} [{string.Join(", ", old.shape)}]; it cannot become "
                + $"{tensor.dtype} [{string.Join(", ", tensor.shape)}]");
        }

        _table.Set(name, tensor.DetachFromDisposeScope());
        if (!ReferenceEquals(old, tensor))
        {
            old.Dispose();
        }
    }

    /// <summary>What the layers need to know of a batch. The caller disposes of it after the backward pass.</summary>
    public Esm2Layout Layout(PackedTokens tokens) =>
        new(tokens, SharesFrequencies ? [_inverseFrequencies[0]] : _inverseFrequencies, Dtype);

    /// <summary>
    /// The input of the first layer, [T, D]. With token dropout, rows of &lt;mask&gt; are zero and each sequence is scaled by
    /// (1 - 0.15 * 0.8) / (1 - share of masks). &lt;pad&gt; and &lt;mask&gt; rows get no gradient from here.
    /// </summary>
    public torch.Tensor Embed(PackedTokens tokens)
    {
        using var scope = torch.NewDisposeScope();
        var looked = _table[Esm2Parameters.Embedding].index_select(0, tokens.Ids);
        if (!Config.TokenDropout)
        {
            return looked.MoveToOuterDisposeScope();
        }

        var isMask = tokens.Ids.eq(Held.Of(Esm2Alphabet.Mask));
        var (lengths, sequences) = TokenDropout.Index(tokens);
        var scale = TokenDropout.Scale(isMask, lengths, sequences, Dtype);
        return (looked.masked_fill(isMask.unsqueeze(1), Held.Of(0)) * scale.unsqueeze(1)).MoveToOuterDisposeScope();
    }

    /// <summary>One transformer layer: x + attention(LN(x)), then + feed-forward(LN(.)). <paramref name="x"/> [T, D] to [T, D].
    /// </summary>
    /// <param name="onWeights">Given index and attention weights [H, L, L] of each sequence; makes the pass slower.</param>
    public torch.Tensor Layer(int layer, torch.Tensor x, Esm2Layout layout, Action<int, torch.Tensor>? onWeights = null)
    {
        using var scope = torch.NewDisposeScope();
        var p = _table.Slice(1 + (layer * TensorsALayer), TensorsALayer);
        var (cos, sin) = layout.Rotary(layer);
        var normed = Norm(x, p[8], p[9]);
        var k = RotaryPositions.Rotate(Split(functional.linear(normed, p[0], p[1])), cos, sin);
        var v = Split(functional.linear(normed, p[2], p[3]));
        var q = RotaryPositions.Rotate(Split(functional.linear(normed, p[4], p[5])), cos, sin);
        var context = onWeights is null
            ? PackedAttention.Attend(q, k, v, layout.Runs)
            : PackedAttention.AttendWithWeights(q, k, v, layout.Runs, onWeights);
        var attended = x + functional.linear(context, p[6], p[7]);
        var hidden = functional.gelu(functional.linear(Norm(attended, p[14], p[15]), p[10], p[11]));
        return (attended + functional.linear(hidden, p[12], p[13])).MoveToOuterDisposeScope();
    }

    /// <summary>The final LayerNorm, [T, D] to [T, D].</summary>
    public torch.Tensor FinalNorm(torch.Tensor x) =>
        Norm(x, _table["emb_layer_norm_after.weight"], _table["emb_layer_norm_after.bias"]);

    /// <summary>The last hidden states [T, D] of a batch: embedding, all layers, final LayerNorm.</summary>
    public torch.Tensor Represent(PackedTokens tokens, Esm2Layout layout)
    {
        using var scope = torch.NewDisposeScope();
        var x = Embed(tokens);
        for (var layer = 0; layer < Config.Layers; layer++)
        {
            // Without gradients this frees the layer's input; with them the graph holds what the backward pass needs.
            var next = Layer(layer, x, layout);
            x.Dispose();
            x = next;
        }

        return FinalNorm(x).MoveToOuterDisposeScope();
    }

    /// <summary>Logits [N, 33] of any rows [N, D] of the last hidden states.</summary>
    public torch.Tensor Logits(torch.Tensor hidden)
    {
        using var scope = torch.NewDisposeScope();
        var dense = functional.gelu(functional.linear(hidden, _table["lm_head.dense.weight"], _table["lm_head.dense.bias"]));
        var normed = Norm(dense, _table["lm_head.layer_norm.weight"], _table["lm_head.layer_norm.bias"]);
        return functional.linear(normed, _table[Esm2Parameters.Embedding], _table["lm_head.bias"]).MoveToOuterDisposeScope();
    }

    /// <summary>A forward pass that returns what is asked for. Wrap it in <c>torch.no_grad()</c> for inference.</summary>
    /// <exception cref="InvalidOperationException">Contacts are asked for, but the weights have no contact head.</exception>
    public Esm2Output Forward(PackedTokens tokens, Esm2Outputs outputs) => Esm2Pass.Run(this, tokens, outputs);

    /// <summary>The tensors of one layer, in the order of the state dict.</summary>
    internal torch.Tensor[] LayerTensors(int layer) => _table.Slice(1 + (layer * TensorsALayer), TensorsALayer).ToArray();

    internal ContactRegression ContactsOf(PackedTokens tokens) => HasContactHead
        ? new ContactRegression(_contact[0]!, _contact[1]!, tokens)
        : throw new InvalidOperationException("contacts need the contact head, which these weights came without; for a fair-esm "
            + "checkpoint it is in a second file (…-contact-regression)");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _table.Named.Select(p => p.Tensor).Concat(_inverseFrequencies))
        {
            tensor.Dispose();
        }

        _contact[0]?.Dispose();
        _contact[1]?.Dispose();
    }

    private torch.Tensor Norm(torch.Tensor x, torch.Tensor weight, torch.Tensor bias) =>
        functional.layer_norm(x, [weight.shape[0]], weight, bias, Config.LayerNormEpsilon);

    private torch.Tensor Split(torch.Tensor x) => x.view(x.shape[0], Config.Heads, Config.HeadWidth);

    private torch.Tensor Take(torch.Tensor tensor, torch.ScalarType dtype)
    {
        using var scope = torch.NewDisposeScope();
        var taken = tensor.to(dtype, Device).detach().DetachFromDisposeScope();
        tensor.Dispose();
        return taken;
    }
}
