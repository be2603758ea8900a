using TorchSharp;

namespace Ism.Models.Serialization;

/// <summary>Element types of the safetensors format, with the names they have there, their width and their torch type.</summary>
public static class TensorDtype
{
    private static readonly (string Name, int Bytes, torch.ScalarType Type)[] Known =
    [
        ("F64", 8, torch.ScalarType.Float64), ("I64", 8, torch.ScalarType.Int64),
        ("F32", 4, torch.ScalarType.Float32), ("I32", 4, torch.ScalarType.Int32),
        ("F16", 2, torch.ScalarType.Float16), ("BF16", 2, torch.ScalarType.BFloat16), ("I16", 2, torch.ScalarType.Int16),
        ("I8", 1, torch.ScalarType.Int8), ("U8", 1, torch.ScalarType.Byte), ("BOOL", 1, torch.ScalarType.Bool),
    ];

    /// <summary>All format names, for messages.</summary>
    public static string Names => string.Join(", ", Known.Select(k => k.Name));

    /// <summary>The torch type of a format name such as "BF16"; false when it is not one of the ten known.</summary>
    public static bool TryParse(string name, out torch.ScalarType type)
    {
        foreach (var known in Known)
        {
            if (known.Name == name)
            {
                type = known.Type;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>The format name of a torch type.</summary>
    /// <exception cref="NotSupportedException">The format has no such type (complex, quantised).</exception>
    public static string Name(torch.ScalarType type) => Find(type).Name;

    /// <summary>Bytes per element.</summary>
    /// <inheritdoc cref="Name" path="/exception"/>
    public static int Bytes(torch.ScalarType type) => Find(type).Bytes;

    private static (string Name, int Bytes, torch.ScalarType Type) Find(torch.ScalarType type)
    {
        foreach (var known in Known)
        {
            if (known.Type == type)
            {
                return known;
            }
        }

        throw new NotSupportedException($"element type {type} cannot be stored in safetensors; use one of {Names}");
    }
}
