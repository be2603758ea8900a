using System.Buffers.Binary;
using System.Text.Json;

namespace Ism.Models.Serialization;

/// <summary>
/// The header of a safetensors file: 8 bytes little-endian length, then JSON that gives every tensor's type, shape and byte
/// range. Reading checks everything that could make a later read wrong: length, types, shapes, ranges, overlaps and holes.
/// </summary>
internal static class SafeTensorsHeader
{
    public const int LengthBytes = 8;
    private const long LongestHeader = 100_000_000;

    /// <summary>Where one tensor lies, counted from the first byte of the file.</summary>
    public readonly record struct Located(TensorSpec Spec, long Start);

    /// <summary>Reads and checks the header of an open file.</summary>
    public static (Dictionary<string, Located> Tensors, Dictionary<string, string> Metadata) Read(Stream file, string path)
    {
        var fileLength = file.Length;
        Span<byte> prefix = stackalloc byte[LengthBytes];
        if (fileLength < LengthBytes)
        {
            throw Bad(path, $"it has {fileLength} bytes; even an empty one has {LengthBytes}");
        }

        file.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > LongestHeader || length > (ulong)(fileLength - LengthBytes))
        {
            throw Bad(path, $"its header claims {length} bytes, but the file has {fileLength}: not safetensors, or cut short");
        }

        var json = new byte[length];
        file.ReadExactly(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement, path, LengthBytes + (long)length, fileLength);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: the header is not JSON: {e.Message}", e);
        }
    }

    private static (Dictionary<string, Located>, Dictionary<string, string>) Parse(
        JsonElement root, string path, long dataStart, long fileLength)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Bad(path, $"its header is a JSON {root.ValueKind}, not an object");
        }

        var tensors = new Dictionary<string, Located>();
        var metadata = new Dictionary<string, string>();
        foreach (var entry in root.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                if (entry.Value.ValueKind != JsonValueKind.Object)
                {
                    throw Bad(path, $"its __metadata__ is a JSON {entry.Value.ValueKind}, not an object");
                }

                foreach (var pair in entry.Value.EnumerateObject())
                {
                    metadata[pair.Name] = pair.Value.ToString();
                }
            }
            else if (!tensors.TryAdd(entry.Name, Tensor(entry, path, dataStart, fileLength)))
            {
                throw Bad(path, $"tensor '{entry.Name}' appears twice in the header");
            }
        }

        RequireTiling(tensors.Values, path, dataStart, fileLength);
        return (tensors, metadata);
    }

    private static Located Tensor(JsonProperty entry, string path, long dataStart, long fileLength)
    {
        try
        {
            var dtypeName = entry.Value.GetProperty("dtype").GetString()!;
            if (!TensorDtype.TryParse(dtypeName, out var dtype))
            {
                throw Bad(path, $"tensor '{entry.Name}' has element type {dtypeName}; known are {TensorDtype.Names}");
            }

            var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()).ToArray();
            var range = entry.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64()).ToArray();
            if (shape.Any(size => size < 0) || range.Length != 2)
            {
                throw Bad(path, $"tensor '{entry.Name}' has shape [{string.Join(", ", shape)}] and {range.Length} offsets");
            }

            var spec = new TensorSpec(entry.Name, dtype, shape);
            if (range[0] < 0 || range[1] < range[0] || range[1] > fileLength - dataStart)
            {
                throw Bad(path, $"tensor '{entry.Name}' claims bytes {range[0]}..{range[1]} of {fileLength - dataStart}");
            }

            return range[1] - range[0] == spec.Bytes
                ? new Located(spec, dataStart + range[0])
                : throw Bad(path, $"tensor '{entry.Name}' {spec} needs {spec.Bytes} bytes but has {range[1] - range[0]}");
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"{path}: tensor '{entry.Name}' has a malformed header entry: {e.Message}", e);
        }
    }

    /// <summary>Tensors must cover the data section one after the other: no overlap, no hole, nothing left over.</summary>
    private static void RequireTiling(IEnumerable<Located> tensors, string path, long dataStart, long fileLength)
    {
        var end = dataStart;
        var previous = "the header";
        foreach (var (spec, start) in tensors.OrderBy(t => t.Start).ThenBy(t => t.Spec.Bytes))
        {
            if (start != end)
            {
                throw Bad(path, $"tensor '{spec.Name}' starts {Math.Abs(start - end)} bytes "
                    + (start < end ? $"before the end of '{previous}' (overlap)" : $"after the end of '{previous}' (hole)"));
            }

            (end, previous) = (start + spec.Bytes, spec.Name);
        }

        if (end != fileLength)
        {
            throw Bad(path, $"{fileLength - end} bytes follow the last tensor '{previous}'");
        }
    }

    /// <summary>The header's bytes, length prefix included, padded with spaces to a multiple of 8; each tensor's start.</summary>
    public static (byte[] Bytes, long[] Starts) Write(
        IReadOnlyList<TensorSpec> specs, IReadOnlyDictionary<string, string>? metadata)
    {
        var starts = new long[specs.Count];
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[LengthBytes]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            for (var i = 0; i < specs.Count; i++)
            {
                starts[i] = offset;
                offset = checked(offset + specs[i].Bytes);
                WriteTensor(json, specs[i], starts[i], offset);
            }

            json.WriteEndObject();
        }

        while (buffer.Length % LengthBytes != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        if (buffer.Length > LongestHeader)
        {
            throw new NotSupportedException($"{specs.Count} tensors need a header of {buffer.Length} bytes; readers accept at "
                + $"most {LongestHeader}. Split the tensors over several files");
        }

        var bytes = buffer.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)(bytes.Length - LengthBytes));
        return (bytes, Array.ConvertAll(starts, start => start + bytes.Length));
    }

    private static void WriteTensor(Utf8JsonWriter json, TensorSpec spec, long begin, long end)
    {
        json.WriteStartObject(spec.Name);
        json.WriteString("dtype", TensorDtype.Name(spec.Dtype));
        json.WriteStartArray("shape");
        foreach (var size in spec.Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static InvalidDataException Bad(string path, string what) => new($"{path}: {what}");
}
