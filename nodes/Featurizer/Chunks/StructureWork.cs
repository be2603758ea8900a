using System.Diagnostics;
using Ism.Corpus;
using Ism.Featurizer.Isolation;
using Ism.Models.Autoencoder;
using Ism.Protocol.Chunks;
using Ism.Structures;
using Ism.Structures.Numerics;

namespace Ism.Featurizer.Chunks;

/// <summary>A structure and the microenvironments that a work needs of it, list by list.</summary>
public sealed record PreparedStructure(Structure Structure, IReadOnlyList<IReadOnlyList<Microenvironment>> Environments);

/// <summary>What a chunk's work does with one structure, in two parts, of which the first may be ahead on another thread. It is a function of
/// the structure and nothing else, so it is the same in any process.</summary>
public abstract class StructureWork : IDisposable
{
    /// <summary>Whether what prepares structures may take turns with the encoder for its cores (<see cref="CoreShare"/>).</summary>
    public abstract bool SharesCores { get; }

    /// <summary>The part before the encoder: microenvironments are found. By one thread at a time.</summary>
    public abstract PreparedStructure Prepare(long position, Structure structure);

    /// <summary>The encoder's part and what follows.</summary>
    public abstract StructureProduct Finish(long position, string name, PreparedStructure prepared);

    /// <summary>Both.</summary>
    public StructureProduct Make(long position, string name, Structure structure) => Finish(position, name, Prepare(position, structure));

    /// <summary>Seconds of the last <see cref="Finish"/> that were the encoder's.</summary>
    public double EncodeSeconds { get; protected set; }

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>The part of a chunk's work that concerns one structure; null: its microenvironments are found, no more.</summary>
    /// <exception cref="InvalidDataException">A work that does not look at structures, or an encoder and a codebook that do not belong
    /// together.</exception>
    public static StructureWork Of(FeaturizerContext context, EncoderCache cache, ChunkWork? work) => work?.Kind switch
    {
        null => new Looking(context.NewFinder()),
        WorkKind.Embed => new Embedding(cache, context.Workspace.At(work.Encoder), work),
        WorkKind.Tokenise => new TokenMaker(
            cache,
            [
                (context.Workspace.At(work.Encoder), context.Workspace.At(work.Codebook)),
                .. work.Encoders.Select(further => (context.Workspace.At(further.Encoder), context.Workspace.At(further.Codebook))),
            ],
            work.Features),
        WorkKind.Profile => new ProfileMaker(context),
        _ => throw new InvalidDataException($"work of kind {work.Kind} is not done structure by structure"),
    };

    private sealed class Looking(MicroenvironmentFinder finder) : StructureWork
    {
        public override bool SharesCores => true;

        public override PreparedStructure Prepare(long position, Structure structure)
        {
            finder.Use(structure);
            foreach (var residue in structure.Chains.SelectMany(c => c.ResidueIndices))
            {
                finder.Find(residue);
            }

            return new PreparedStructure(structure, []);
        }

        public override StructureProduct Finish(long position, string name, PreparedStructure prepared) => StructureProduct.None;
    }

    private sealed class Embedding : StructureWork
    {
        private readonly EnvironmentEncoder _encoder;
        private readonly MicroenvironmentFinder _finder;
        private readonly ChunkWork _work;

        public Embedding(EncoderCache cache, string encoder, ChunkWork work)
        {
            (_encoder, _, _finder) = cache.Encoder(encoder);
            _work = work;
        }

        public override bool SharesCores => _encoder.SharesCores;

        public override PreparedStructure Prepare(long position, Structure structure)
        {
            _finder.Use(structure);
            var residues = structure.Chains.SelectMany(c => c.ResidueIndices).ToArray();
            var key = CounterRandom.Key((ulong)_work.Seed, (ulong)position);
            var drawn = Draws.Residues(key, residues.Length, _work.ResiduesPerStructure).Select(i => _finder.Find(residues[i])).ToList();
            return new PreparedStructure(structure, [drawn]);
        }

        public override StructureProduct Finish(long position, string name, PreparedStructure prepared)
        {
            var began = Stopwatch.GetTimestamp();
            var points = _encoder.Embed(prepared.Environments[0]);
            EncodeSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            return new StructureProduct([], points);
        }
    }
}
