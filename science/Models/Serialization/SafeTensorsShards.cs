using System.Text.Json;
using TorchSharp;

namespace Ism.Models.Serialization;

/// <summary>The tensors of a folder as Hugging Face lays them out: model.safetensors, or shards named by an index.</summary>
public sealed class SafeTensorsShards : ITensorSource
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";
    private readonly Dictionary<string, SafeTensorsFile> _fileOf = [];
    private readonly List<SafeTensorsFile> _files = [];

    private SafeTensorsShards(string folder) => Origin = folder;

    /// <inheritdoc/>
    public string Origin { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorSpec> Tensors =>
        _fileOf.ToDictionary(pair => pair.Key, pair => pair.Value.Tensors[pair.Key]);

    /// <summary>Opens a safetensors file, or a folder that holds model.safetensors or model.safetensors.index.json.</summary>
    /// <exception cref="FileNotFoundException">The folder has neither, or a shard is missing.</exception>
    /// <exception cref="InvalidDataException">The index is malformed, or a shard lacks a tensor the index promises.</exception>
    public static ITensorSource Open(string path)
    {
        if (File.Exists(path))
        {
            return SafeTensorsFile.Open(path);
        }

        var single = Path.Combine(path, SingleFile);
        if (File.Exists(single))
        {
            return SafeTensorsFile.Open(single);
        }

        var index = Path.Combine(path, IndexFile);
        if (!File.Exists(index))
        {
            throw new FileNotFoundException(
                $"{path} has neither {SingleFile} nor {IndexFile}; .bin, .pt and .pth are pickles and are not read", path);
        }

        var shards = new SafeTensorsShards(path);
        try
        {
            shards.OpenShards(index);
            return shards;
        }
        catch
        {
            shards.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public torch.Tensor Read(string name) => _fileOf.TryGetValue(name, out var file)
        ? file.Read(name)
        : throw new KeyNotFoundException($"{Origin} has no tensor '{name}'");

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private void OpenShards(string index)
    {
        var byFile = new Dictionary<string, SafeTensorsFile>();
        foreach (var (name, fileName) in WeightMap(index))
        {
            if (Path.GetFileName(fileName) != fileName)
            {
                throw new InvalidDataException($"{index}: shard '{fileName}' of tensor '{name}' is not a plain file name");
            }

            if (!byFile.TryGetValue(fileName, out var file))
            {
                file = SafeTensorsFile.Open(Path.Combine(Origin, fileName));
                byFile.Add(fileName, file);
                _files.Add(file);
            }

            _fileOf[name] = file.Tensors.ContainsKey(name)
                ? file
                : throw new InvalidDataException($"{index} says that {fileName} holds '{name}', but it does not");
        }
    }

    private static Dictionary<string, string> WeightMap(string index)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(index));
            return document.RootElement.GetProperty("weight_map").EnumerateObject()
                .ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new InvalidDataException($"{index}: not a shard index: {e.Message}", e);
        }
    }
}
