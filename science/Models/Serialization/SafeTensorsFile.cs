using TorchSharp;

namespace Ism.Models.Serialization;

/// <summary>
/// Reads a safetensors file: lists names, types and shapes from the header and reads single tensors without touching the rest.
/// Reads may come from several threads at once (positioned reads).
/// </summary>
public sealed class SafeTensorsFile : ITensorSource
{
    private readonly FileStream _file;
    private readonly Dictionary<string, SafeTensorsHeader.Located> _located;

    private SafeTensorsFile(string path, FileStream file)
    {
        Origin = path;
        _file = file;
        (_located, var metadata) = SafeTensorsHeader.Read(file, path);
        Metadata = metadata;
        Tensors = _located.ToDictionary(pair => pair.Key, pair => pair.Value.Spec);
    }

    /// <inheritdoc/>
    public string Origin { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorSpec> Tensors { get; }

    /// <summary>The free strings of the header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The header is malformed; the message names file and tensor.</exception>
    public static SafeTensorsFile Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            return new SafeTensorsFile(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public torch.Tensor Read(string name)
    {
        if (!_located.TryGetValue(name, out var located))
        {
            throw new KeyNotFoundException($"{Origin} has no tensor '{name}'");
        }

        var position = located.Start;
        return TensorBytes.Read(located.Spec, piece =>
        {
            for (var done = 0; done < piece.Length;)
            {
                var read = RandomAccess.Read(_file.SafeFileHandle, piece[done..], position);
                if (read == 0)
                {
                    throw new EndOfStreamException($"{Origin}: the file ends within tensor '{name}': it changed meanwhile");
                }

                done += read;
                position += read;
            }
        });
    }

    /// <summary>Reads a whole file into memory. The caller owns the tensors.</summary>
    public static Dictionary<string, torch.Tensor> Load(string path)
    {
        using var file = Open(path);
        return file.Tensors.Keys.ToDictionary(name => name, file.Read);
    }

    /// <summary>
    /// Writes a file in the order the reference implementation uses (widest element type first, then name), atomically: see
    /// <see cref="SafeTensorsWriter"/>. Tensors may be on any device.
    /// </summary>
    public static void Save(
        string path, IEnumerable<KeyValuePair<string, torch.Tensor>> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = tensors.OrderByDescending(t => TensorDtype.Bytes(t.Value.dtype)).ThenBy(t => t.Key, StringComparer.Ordinal)
            .ToList();
        using var writer = new SafeTensorsWriter(
            path, [.. ordered.Select(t => new TensorSpec(t.Key, t.Value.dtype, t.Value.shape))], metadata);
        foreach (var (name, tensor) in ordered)
        {
            writer.Write(name, tensor);
        }

        writer.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
