using System.Security.Cryptography;
using System.Text.Json;
using Ism.Models.Serialization;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>The folder of a trained autoencoder: <c>autoencoder.json</c> (shape, checksum) and
/// <c>autoencoder.safetensors</c>.</summary>
public sealed partial class AtomicAutoencoder
{
    /// <summary>File with the weights.</summary>
    public const string WeightsFile = "autoencoder.safetensors";

    /// <summary>File with the shape and the weights' checksum; written last, so a folder that has it is complete.</summary>
    public const string ShapeFile = "autoencoder.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Writes both files.</summary>
    /// <returns>SHA-256 of the weights file in lower-case hex: the identity of this encoder.</returns>
    public string Save(string folder)
    {
        Directory.CreateDirectory(folder);
        var weights = Path.Combine(folder, WeightsFile);
        SafeTensorsFile.Save(weights, Parameters.Select(p => KeyValuePair.Create(p.Name, p.Tensor)));
        var checksum = Checksum(weights);
        var description = JsonSerializer.Serialize(new Description(Shape, checksum), Json);
        AtomicFile.WriteText(Path.Combine(folder, ShapeFile), description + "\n");
        return checksum;
    }

    /// <summary>Reads what <see cref="Save"/> wrote, onto a device, in the stored dtype.</summary>
    /// <exception cref="FileNotFoundException">A file is absent.</exception>
    /// <exception cref="InvalidDataException">The files do not belong together or are damaged; says which value
    /// differs.</exception>
    public static AtomicAutoencoder Load(string folder, Device? device = null)
    {
        var description = Describe(folder);
        var weights = Path.Combine(folder, WeightsFile);
        if (Checksum(weights) is var checksum && checksum != description.Sha256)
        {
            throw new InvalidDataException(
                $"{weights} has SHA-256 {checksum} but {ShapeFile} says {description.Sha256}: the folder mixes two models or "
                + "is damaged; copy it again or train anew");
        }

        using var stored = SafeTensorsFile.Open(weights);
        var dtype = stored.Tensors.Count > 0 ? stored.Tensors.First().Value.Dtype : ScalarType.Float32;
        var model = new AtomicAutoencoder(description.Shape, 0, dtype, device);
        try
        {
            model.CopyFrom(stored);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The identity of a saved encoder, without loading it: SHA-256 of its weights.</summary>
    public static string IdentityOf(string folder) => Describe(folder).Sha256;

    /// <summary>The shape of a saved autoencoder, without loading it.</summary>
    public static AutoencoderShape ShapeOf(string folder) => Describe(folder).Shape;

    private void CopyFrom(SafeTensorsFile stored)
    {
        using var grad = no_grad();
        if (stored.Tensors.Keys.Except(Parameters.Select(p => p.Name)).FirstOrDefault() is { } unknown)
        {
            throw new InvalidDataException(
                $"{stored.Origin} has a tensor '{unknown}' that the shape in {ShapeFile} does not have");
        }

        foreach (var (name, parameter) in Parameters)
        {
            if (!stored.Tensors.TryGetValue(name, out var spec))
            {
                throw new InvalidDataException(
                    $"{stored.Origin} lacks the tensor '{name}' that the shape in {ShapeFile} asks for");
            }

            if (!spec.Shape.SequenceEqual(parameter.shape) || spec.Dtype != parameter.dtype)
            {
                throw new InvalidDataException(
                    $"{stored.Origin}: '{name}' is {spec.Dtype}[{string.Join(", ", spec.Shape)}] but {ShapeFile} asks for "
                    + $"{parameter.dtype}[{string.Join(", ", parameter.shape)}]");
            }

            using var values = stored.Read(name);
            parameter.copy_(values);
        }
    }

    private static Description Describe(string folder)
    {
        var path = Path.Combine(folder, ShapeFile);
        try
        {
            var description = JsonSerializer.Deserialize<Description>(File.ReadAllText(path), Json);
            if (description?.Shape is null || description.Sha256 is null)
            {
                throw new InvalidDataException($"{path} lacks 'shape' or 'sha256': it does not describe an autoencoder");
            }

            description.Shape.Validate();
            return description;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{path} does not describe an autoencoder: {e.Message}", e);
        }
    }

    private static string Checksum(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private sealed record Description(AutoencoderShape Shape, string Sha256);
}
