using TorchSharp;

namespace Ism.Models.Serialization;

/// <summary>
/// Writes a safetensors file whose names, types and shapes are known ahead: the header first, then each tensor at its place, in
/// any order, so that no more than one tensor is ever in memory. The file appears under its name only by <see cref="Commit"/>.
/// </summary>
public sealed class SafeTensorsWriter : IDisposable
{
    private readonly AtomicFile _file;
    private readonly string _path;
    private readonly Dictionary<string, (TensorSpec Spec, long Start)> _places = [];
    private readonly HashSet<string> _missing;

    /// <summary>Starts a file. Data are laid out in the order of <paramref name="tensors"/>.</summary>
    /// <exception cref="ArgumentException">Two tensors have one name, or one is called __metadata__.</exception>
    public SafeTensorsWriter(
        string path, IReadOnlyList<TensorSpec> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        _path = path;
        var (header, starts) = SafeTensorsHeader.Write(tensors, metadata);
        for (var i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].Name == "__metadata__" || !_places.TryAdd(tensors[i].Name, (tensors[i], starts[i])))
            {
                throw new ArgumentException($"{path}: tensor name '{tensors[i].Name}' is given twice or reserved");
            }
        }

        _missing = [.. _places.Keys];
        _file = new AtomicFile(path);
        _file.Stream.Write(header);
    }

    /// <summary>Writes one tensor at its place; it must have the announced type and shape.</summary>
    public void Write(string name, torch.Tensor tensor)
    {
        if (!_places.TryGetValue(name, out var place) || !_missing.Remove(name))
        {
            throw new ArgumentException($"{_path}: tensor '{name}' was not announced or is written twice");
        }

        if (tensor.dtype != place.Spec.Dtype || !tensor.shape.SequenceEqual(place.Spec.Shape))
        {
            var given = new TensorSpec(name, tensor.dtype, tensor.shape);
            throw new ArgumentException($"{_path}: tensor '{name}' was announced as {place.Spec} but is {given}");
        }

        _file.Stream.Position = place.Start;
        TensorBytes.Write(tensor, bytes => _file.Stream.Write(bytes));
    }

    /// <summary>Flushes and renames the file into place.</summary>
    /// <exception cref="InvalidOperationException">Announced tensors have not been written.</exception>
    public void Commit()
    {
        if (_missing.Count > 0)
        {
            throw new InvalidOperationException(
                $"{_path}: {_missing.Count} announced tensors were not written, e.g. '{_missing.Order().First()}'");
        }

        _file.Commit();
    }

    /// <summary>Removes the unfinished file unless it was committed.</summary>
    public void Dispose() => _file.Dispose();
}
