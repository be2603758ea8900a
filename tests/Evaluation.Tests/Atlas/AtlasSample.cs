using Ism.Evaluation.Atlas;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Structures;
using Ism.Structures.Synthesis;

namespace Ism.Evaluation.Tests.Atlas;

/// <summary>A small atlas of generated proteins, experimental and predicted ones, with an untrained encoder.</summary>
public sealed class AtlasSample : IDisposable
{
    public const int Tokens = 5;
    public const int Typical = 2;

    public AtlasSample()
    {
        Folder = Directory.CreateTempSubdirectory("ism-atlas-").FullName;
        var options = new SynthesisOptions { MinLength = 30, MaxLength = 45, DisorderedShare = 1 };
        SyntheticCorpus.Write(Path.Combine(Folder, "predicted"), 3, 5, options);
        SyntheticCorpus.Write(Path.Combine(Folder, "experimental"), 2, 6, options with { Predicted = false });
        Model = new AtomicAutoencoder(
            new AutoencoderShape { Decoder = false, Layers = 1, Width = 16, Heads = 1, LayerScale = 0.5, Radius = 8, MaxAtoms = 60 }, 3);
        Read = [.. StructureBatch.Read([.. StructureSources.List(Folder)], StructureReaderOptions.Default with { KeepAtomNames = true })
            .Select(read => read.Structure!)];

        // The last token is near nothing: there is one that no residue has.
        using var encoder = new EnvironmentEncoder(Model);
        var finder = new MicroenvironmentFinder(8, 60);
        var points = encoder.Embed([.. Read.SelectMany(s => s.Chains.SelectMany(chain => finder.FindChain(s, chain)))]);
        var centroids = new double[Tokens * points.Width];
        for (var token = 0; token < Tokens - 1; token++)
        {
            for (var c = 0; c < points.Width; c++)
            {
                centroids[(token * points.Width) + c] = points.Row(token * points.Count / Tokens)[c];
            }
        }

        centroids.AsSpan((Tokens - 1) * points.Width).Fill(1e3);
        Codebook = new StructureCodebook(new Centroids(centroids, points.Width), new CodebookOrigin { Encoder = "none" });
        using var survey = new AtlasSurvey(Model, Codebook, Typical);
        Read.ForEach(structure => survey.Add(structure));
        Atlas = survey.Atlas;
    }

    public string Folder { get; }

    public AtomicAutoencoder Model { get; }

    public StructureCodebook Codebook { get; }

    public List<Structure> Read { get; }

    public TokenAtlas Atlas { get; }

    public AtlasFacts Facts { get; } = new()
    {
        Job = "a <job>",
        Codebook = "abc",
        Excluded = 1,
        ExcludedReason = "token 1 fixed by the setting",
        Elbow = new Reports.ElbowTable([new(2, 9), new(8, 5)], Tokens),
    };

    public IEnumerable<TypicalResidue> All => Enumerable.Range(0, Tokens).SelectMany(token => Atlas.Typical[token]);

    public void Dispose()
    {
        Model.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
