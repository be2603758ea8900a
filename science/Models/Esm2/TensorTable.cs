using Ism.Models.Serialization;
using Ism.Models.Training;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>Tensors by name and by place in a fixed order.</summary>
internal sealed class TensorTable(IReadOnlyList<TensorSpec> specs)
{
    private readonly torch.Tensor[] _tensors = new torch.Tensor[specs.Count];
    private readonly Dictionary<string, int> _places =
        Enumerable.Range(0, specs.Count).ToDictionary(i => specs[i].Name, i => i);

    public IReadOnlyList<TensorSpec> Specs => specs;

    public IReadOnlyList<NamedParameter> Named => [.. specs.Select((spec, i) => new NamedParameter(spec.Name, _tensors[i]))];

    public torch.Tensor this[string name] => _tensors[Place(name)];

    public ReadOnlySpan<torch.Tensor> Slice(int start, int count) => _tensors.AsSpan(start, count);

    public void Set(string name, torch.Tensor tensor) => _tensors[Place(name)] = tensor;

    private int Place(string name) =>
        _places.TryGetValue(name, out var place) ? place : throw new KeyNotFoundException($"an ESM2 has no tensor '{name}'");
}
