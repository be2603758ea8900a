using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Structures;

namespace Ism.Featurizer.Chunks;

/// <summary>The encoder and the codebook in use, loaded once; an encoder again when its files have changed. For the compute thread.</summary>
/// <param name="options">How encoders compute; null: <see cref="EncoderOptions.Default"/>.</param>
public sealed class EncoderCache(EncoderOptions? options = null) : IDisposable
{
    private readonly Dictionary<string, (string Identity, AtomicAutoencoder Model, EnvironmentEncoder Encoder)> _models = [];
    private readonly Dictionary<string, StructureCodebook> _codebooks = [];

    /// <summary>The encoder of a folder, its identity, and a finder of the microenvironments that it was made for.</summary>
    /// <exception cref="ArgumentException">This machine or this encoder cannot compute in the precision asked for.</exception>
    public (EnvironmentEncoder Encoder, string Identity, MicroenvironmentFinder Finder) Encoder(string folder)
    {
        var identity = AtomicAutoencoder.IdentityOf(folder);
        if (!_models.TryGetValue(folder, out var loaded) || loaded.Identity != identity)
        {
            loaded.Encoder?.Dispose();
            loaded.Model?.Dispose();
            _models.Remove(folder);
            var model = AtomicAutoencoder.Load(folder);
            _models[folder] = loaded = (identity, model, new EnvironmentEncoder(model, options: options));
        }

        var shape = loaded.Model.Shape;
        return (loaded.Encoder, identity, new MicroenvironmentFinder(shape.Radius, shape.MaxAtoms));
    }

    /// <summary>The codebook of a folder.</summary>
    /// <exception cref="InvalidDataException">It was made with another encoder than <paramref name="encoderIdentity"/>.</exception>
    public StructureCodebook Codebook(string folder, string encoderIdentity)
    {
        if (!_codebooks.TryGetValue(folder, out var codebook))
        {
            _codebooks[folder] = codebook = StructureCodebook.Load(folder);
        }

        return codebook.Origin.Encoder == encoderIdentity
            ? codebook
            : throw new InvalidDataException($"the codebook {folder} was made with encoder {codebook.Origin.Encoder[..8]}, not with "
                + $"{encoderIdentity[..8]}; give autoencoder.from and codebook.from of the same run");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, model, encoder) in _models.Values)
        {
            encoder.Dispose();
            model.Dispose();
        }

        _models.Clear();
    }
}
