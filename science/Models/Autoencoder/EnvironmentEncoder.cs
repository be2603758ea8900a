using Ism.Models.Autoencoder.Inference;
using Ism.Models.Codebook;
using Ism.Structures;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// Embeds microenvironments, without gradients. The same list gives the same bits whatever the number of threads: batches are a
/// function of the list alone. (The same environment in another list may differ in the last bits.) On CPUs with 512-bit vectors
/// the fused kernels compute, from a copy of the weights made at the first use; elsewhere torch. Used by one thread at a time; does
/// not own the model.
/// </summary>
public sealed class EnvironmentEncoder : IDisposable
{
    /// <summary>About 13 environments of 140 atoms: enough for full matrix products, little enough for the caches of a
    /// CPU.</summary>
    public const long DefaultAtomPairs = 250_000;

    // Atoms of a batch of the fused kernels: enough rows for full matrix products, and its biases still fit the caches.
    private const int FusedAtoms = 320;

    private readonly AtomicAutoencoder _model;
    private readonly long _atomPairs;
    private readonly EncoderOptions _options;
    private FusedWeights? _weights;
    private EncoderThreads? _threads;

    /// <param name="model">A trained autoencoder.</param>
    /// <param name="atomPairsPerBatch">Bound on environments x (padded atoms)^2 of a batch through torch; bounds memory.</param>
    /// <param name="options">Precision and threads; null: <see cref="EncoderOptions.Default"/>.</param>
    /// <exception cref="ArgumentException">bfloat16 is asked for and this machine or model cannot.</exception>
    public EnvironmentEncoder(AtomicAutoencoder model, long atomPairsPerBatch = DefaultAtomPairs, EncoderOptions? options = null)
    {
        (_model, _atomPairs, _options) = (model, atomPairsPerBatch, options ?? EncoderOptions.Default);
        IsFused = _options.Fused && FusedWeights.Fit(model);
        if (!IsFused && _options.Precision == EncoderPrecision.BFloat16)
        {
            throw new ArgumentException(
                "bfloat16 needs a CPU with 512-bit vectors and a float32 model on it whose head width is a multiple of 16, and this one has "
                + $"{(FusedWeights.Fit(model) ? "its fused kernels switched off" : $"head width {model.Shape.HeadWidth} on {model.Device}")}: "
                + "set the precision to fp32",
                nameof(options));
        }
    }

    /// <summary>Channels of an embedding.</summary>
    public int Width => _model.Shape.Width;

    /// <summary>Whether others may compute beside it within <see cref="EncoderOptions.Cores"/>: the fused kernels' threads take turns with
    /// them, and on a GPU no core is taken. torch's own threads on a CPU do not ask.</summary>
    public bool SharesCores => IsFused || _model.Device.type != TorchSharp.DeviceType.CPU;

    /// <summary>Whether the fused kernels compute.</summary>
    public bool IsFused { get; }

    /// <summary>One embedding per environment, in the order given; 0 for an environment without atoms.</summary>
    /// <exception cref="ArgumentException">Coordinates that do not fit the elements, or an unknown element.</exception>
    public Embeddings Embed(IReadOnlyList<Microenvironment> environments)
    {
        var values = new float[environments.Count * Width];
        if (IsFused)
        {
            EmbedFused([.. environments], values);
        }
        else
        {
            EmbedByTorch(environments, values);
        }

        return new Embeddings(values, Width);
    }

    /// <summary>Ends the threads and frees the copy of the weights.</summary>
    public void Dispose()
    {
        _threads?.Dispose();
        _weights?.Dispose();
        (_threads, _weights) = (null, null);
    }

    private void EmbedFused(Microenvironment[] environments, float[] values)
    {
        Array.ForEach(environments, AtomBatch.Check);
        _weights ??= new FusedWeights(
            _model, _options.Precision == EncoderPrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32);
        _threads ??= new EncoderThreads(_weights, _options.Threads > 0 ? _options.Threads : get_num_threads(), _options.Cores);
        var starts = Starts(environments);
        _threads.Run(starts.Count - 1, (encoder, b) => encoder.Embed(
            environments.AsSpan(starts[b], starts[b + 1] - starts[b]),
            values.AsSpan(starts[b] * Width, (starts[b + 1] - starts[b]) * Width)));
    }

    // Where each batch begins, and the end: runs of the list with up to so many atoms.
    private static List<int> Starts(Microenvironment[] environments)
    {
        List<int> starts = [0];
        var atoms = 0;
        for (var e = 0; e < environments.Length; e++)
        {
            if (e > starts[^1] && atoms + environments[e].Count > FusedAtoms)
            {
                starts.Add(e);
                atoms = 0;
            }

            atoms += environments[e].Count;
        }

        if (environments.Length > 0)
        {
            starts.Add(environments.Length);
        }

        return starts;
    }

    private void EmbedByTorch(IReadOnlyList<Microenvironment> environments, float[] values)
    {
        using var grad = no_grad();
        foreach (var group in EnvironmentGrouping.ByAtomCount([.. environments.Select(e => e.Count)], _atomPairs))
        {
            using var scope = NewDisposeScope();
            using var batch = new AtomBatch([.. group.Select(i => environments[i])], _model.DataType, _model.Device);
            var z = _model.Encoder.Forward(batch).Embedding.to(ScalarType.Float32, CPU).contiguous().data<float>();
            var rows = z.ToArray();
            for (var g = 0; g < group.Length; g++)
            {
                rows.AsSpan(g * Width, Width).CopyTo(values.AsSpan(group[g] * Width));
            }
        }
    }
}
