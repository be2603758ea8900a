using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ism.Models.Esm2;
using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Evaluation.Features;

/// <summary>How features are made and kept.</summary>
public sealed record FeatureOptions
{
    /// <summary>Folder where features are kept from one evaluation to the next, named by the contents of model and data; null keeps
    /// them in memory alone.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Tokens in one forward pass.</summary>
    public int TokensPerBatch { get; init; } = 4096;
}

/// <summary>
/// The last hidden states of every residue of a set of sequences, in float32 on the CPU, computed once for each model and set.
/// </summary>
public sealed class ProteinFeatures : IDisposable
{
    private readonly torch.Tensor[]? _held;
    private readonly SafeTensorsFile? _file;

    private ProteinFeatures(torch.Tensor[]? held, SafeTensorsFile? file, int count, int width)
    {
        (_held, _file, Count, Width) = (held, file, count, width);
    }

    /// <summary>Number of sequences.</summary>
    public int Count { get; }

    /// <summary>Width of the hidden states.</summary>
    public int Width { get; }

    /// <summary>Computes features, or opens those that were kept.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">One letter a residue.</param>
    /// <param name="options">Where they are kept.</param>
    /// <param name="progress">Told how many sequences are done.</param>
    /// <param name="cancel">Ends it.</param>
    public static ProteinFeatures Of(
        EvaluatedModel model, IReadOnlyList<string> sequences, FeatureOptions? options = null, Action<int>? progress = null,
        CancellationToken cancel = default)
    {
        options ??= new();
        if (options.CacheFolder is null)
        {
            var held = new torch.Tensor[sequences.Count];
            Compute(model.Model, sequences, options, (i, tensor) => held[i] = tensor.clone().DetachFromDisposeScope(), progress, cancel);
            return new ProteinFeatures(held, null, held.Length, model.Model.Config.Width);
        }

        var path = Path.Combine(options.CacheFolder, $"features-{model.Fingerprint()[..16]}-{Hash(sequences)[..16]}.safetensors");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(options.CacheFolder);
            using var writer = new SafeTensorsWriter(path, [.. sequences.Select((sequence, i) =>
                new TensorSpec(Name(i), torch.ScalarType.Float32, [sequence.Length, model.Model.Config.Width]))]);
            Compute(model.Model, sequences, options, (i, tensor) => writer.Write(Name(i), tensor), progress, cancel);
            writer.Commit();
        }

        progress?.Invoke(sequences.Count);
        var file = SafeTensorsFile.Open(path);
        return new ProteinFeatures(null, file, sequences.Count, (int)file.Tensors[Name(0)].Shape[1]);
    }

    /// <summary>Features [L, D] of a sequence; the caller owns the tensor.</summary>
    public torch.Tensor Of(int sequence) => _held is not null ? _held[sequence].alias() : _file!.Read(Name(sequence));

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        foreach (var tensor in _held ?? [])
        {
            tensor.Dispose();
        }
    }

    private static string Name(int sequence) => sequence.ToString(CultureInfo.InvariantCulture);

    private static string Hash(IReadOnlyList<string> sequences) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join('\n', sequences))));

    // In the order of the sequences, which the writer of a file needs.
    private static void Compute(
        Esm2Model model, IReadOnlyList<string> sequences, FeatureOptions options, Action<int, torch.Tensor> take,
        Action<int>? progress, CancellationToken cancel)
    {
        using var noGrad = torch.no_grad();
        for (var start = 0; start < sequences.Count;)
        {
            cancel.ThrowIfCancellationRequested();
            var end = start + 1;
            var tokens = sequences[start].Length + 2;
            while (end < sequences.Count && tokens + sequences[end].Length + 2 <= options.TokensPerBatch)
            {
                tokens += sequences[end++].Length + 2;
            }

            using var scope = torch.NewDisposeScope();
            using var packed = PackedTokens.From(
                [.. Enumerable.Range(start, end - start).Select(i => Esm2Alphabet.EncodeResidues(sequences[i]))], model.Device);
            using var output = model.Forward(packed, Esm2Outputs.Representation);
            long row = 0;
            for (var i = start; i < end; i++)
            {
                var own = output.Representation!.narrow(0, row + 1, sequences[i].Length);
                take(i, own.to(torch.float32).cpu().contiguous());
                row += sequences[i].Length + 2;
            }

            progress?.Invoke(end);
            start = end;
        }
    }
}
