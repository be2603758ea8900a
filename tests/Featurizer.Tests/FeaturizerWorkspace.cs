using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Structures;
using Ism.Structures.Synthesis;

namespace Ism.Featurizer.Tests;

/// <summary>A workspace with generated proteins and one bad file in its second chunk, an autoencoder with first weights, and a codebook
/// made with it.</summary>
public sealed class FeaturizerWorkspace : IDisposable
{
    public const int Proteins = 7;
    public const int ChunkSize = 4;
    public const int Tokens = 6;
    private const long Seed = 71;
    private readonly string _root = Directory.CreateTempSubdirectory("ism-featurizer-").FullName;

    public FeaturizerWorkspace()
        : this(Proteins, ChunkSize)
    {
    }

    internal FeaturizerWorkspace(int proteins, int chunkSize)
    {
        Workspace = new Workspace(Path.Combine(_root, "workspace"));
        Structures = Path.Combine(_root, "structures");
        SyntheticCorpus.Write(Structures, proteins, Seed, new SynthesisOptions { MinLength = 24, MaxLength = 40 });
        File.WriteAllText(Path.Combine(Structures, "zz-garbage.cif"), "this is no structure\n");
        Directory.CreateDirectory(Workspace.At(Protocol.Jobs.Workspace.Catalogues));
        Catalogue = Catalogue.Create(StructureSources.List(Structures), chunkSize);
        CatalogueName = Path.GetFileName(Catalogue.Save(Workspace.At(Protocol.Jobs.Workspace.Catalogues), "corpus"));
        using (var model = new AtomicAutoencoder(
            new AutoencoderShape { Layers = 1, DecoderLayers = 1, Width = 16, Heads = 1, LayerScale = 0.1 }, Seed))
        {
            model.Save(Workspace.At(Protocol.Jobs.Workspace.Autoencoder));
        }

        Context = new FeaturizerContext(Workspace, new JobOptions { Corpus = new CorpusOptions { ChunkSize = chunkSize } });
        using var worker = new ChunkWorker(Context);
        worker.Run(Embedding("first-embeddings"), 0, _ => { }, CancellationToken.None);
        var points = EmbeddingsFile.Load(EmbeddingsFile.PathOf(Workspace.At("first-embeddings"), 0)).Points;
        Start = KMeans.PlusPlus(points, Tokens, Seed);
        new StructureCodebook(Start, new CodebookOrigin { Encoder = AtomicAutoencoder.IdentityOf(Workspace.At(Protocol.Jobs.Workspace.Autoencoder)) })
            .Save(Workspace.At(Protocol.Jobs.Workspace.Codebook));
    }

    public Workspace Workspace { get; }

    /// <summary>Folder of the structures.</summary>
    public string Structures { get; }

    public Catalogue Catalogue { get; }

    public string CatalogueName { get; }

    /// <summary>Centroids of the codebook.</summary>
    public Centroids Start { get; }

    public FeaturizerContext Context { get; }

    /// <summary>Work that embeds a few residues of each structure into a folder.</summary>
    public ChunkWork Embedding(string output) => new()
    {
        WorkId = $"embed-{output}",
        Kind = WorkKind.Embed,
        Catalogue = CatalogueName,
        Output = output,
        Encoder = Protocol.Jobs.Workspace.Autoencoder,
        ResiduesPerStructure = 5,
        Seed = Seed,
    };

    /// <summary>Work that tokenises into a folder.</summary>
    public ChunkWork Tokenising(string output) => new()
    {
        WorkId = $"tokenise-{output}",
        Kind = WorkKind.Tokenise,
        Catalogue = CatalogueName,
        Output = output,
        Encoder = Protocol.Jobs.Workspace.Autoencoder,
        Codebook = Protocol.Jobs.Workspace.Codebook,
    };

    /// <summary>One k-means pass over a folder of embeddings.</summary>
    public ChunkWork Clustering(string embeddings, string output) => new()
    {
        WorkId = $"cluster-{output}",
        Kind = WorkKind.Cluster,
        Catalogue = CatalogueName,
        Output = output,
        Codebook = $"{output}/centroids.safetensors",
        Embeddings = embeddings,
    };

    public void Dispose()
    {
        Context.Dispose();

        // A node that has just left may still be taking its files away.
        Assert.True(SpinWait.SpinUntil(TryDelete, TimeSpan.FromSeconds(20)), $"{_root} cannot be deleted");
    }

    private bool TryDelete()
    {
        try
        {
            Directory.Delete(_root, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return !Directory.Exists(_root);
        }
    }
}
