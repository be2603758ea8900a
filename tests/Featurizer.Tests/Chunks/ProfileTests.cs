using Ism.Corpus;
using Ism.Corpus.Alignments;
using Ism.Corpus.Streaming;
using Ism.Featurizer.Chunks;
using Ism.Featurizer.Isolation;
using Ism.Featurizer.Serving;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Samples;
using Ism.Structures;

namespace Ism.Featurizer.Tests.Chunks;

public sealed class ProfileTests : IClassFixture<FeaturizerWorkspace>, IDisposable
{
    private readonly FeaturizerWorkspace _place;
    private readonly FeaturizerContext _context;
    private readonly string _alignments;

    public ProfileTests(FeaturizerWorkspace place)
    {
        _place = place;
        _alignments = place.Workspace.At("a3m");
        Directory.CreateDirectory(_alignments);
        _context = new FeaturizerContext(
            place.Workspace, place.Context.Job with { Mutrank = new MutRankOptions { Alignments = _alignments, PseudoCounts = 2 } });
        foreach (var (row, structure) in Structures())
        {
            // The first has an alignment, the second a bad one, the third none.
            var sequence = structure.Chains[0].Sequence;
            if (row == 0)
            {
                File.WriteAllText(Path.Combine(_alignments, $"{structure.Name}_{structure.Chains[0].Id}.a3m"), $">q\n{sequence}\n>b\n{new string('W', sequence.Length)}\n");
            }
            else if (row == 1)
            {
                File.WriteAllText(Path.Combine(_alignments, $"{structure.Name}.a3m"), $">q\n{sequence}\n>b\nW\n");
            }
        }
    }

    public void Dispose() => _context.Dispose();

    [Fact]
    public void Should_make_the_profiles_of_a_chunk_the_same_each_time_and_serve_environments_with_their_columns()
    {
        var work = Work("profiles");
        using var worker = new ChunkWorker(_context);
        var result = worker.Run(work, 1, _ => { }, CancellationToken.None);
        Assert.Equal(result.Sha256, worker.Run(Work("again"), 1, _ => { }, CancellationToken.None).Sha256);
        var structures = Structures();
        var first = structures[0];
        Assert.Equal((structures.Count, 1, first.Chains[0].Length), (result.Structures, result.Quarantined, (int)result.Residues));

        var file = ProfileFile.Read(ProfileFile.PathOf(_place.Workspace.At("profiles"), 1));
        var profile = file.Of(FeaturizerWorkspace.ChunkSize).Single();
        Assert.Equal((2, 2.0), (profile.Sequences, profile.EffectiveSequences));
        Assert.True(profile.Column(0)[AminoAcids.Index('W')] > 0.3);
        Assert.Contains(".a3m:3: 'b' has 1 columns", file.Of(FeaturizerWorkspace.ChunkSize + 1).Single().Problem);
        Assert.Equal(("", false), (file.Of(FeaturizerWorkspace.ChunkSize + 2).Single().Problem, file.Of(FeaturizerWorkspace.ChunkSize + 2).Single().IsKnown));

        using var server = new SampleServer(_context);
        var request = new FetchSamples
        {
            Key = new ChunkKey(_place.CatalogueName, 1),
            Request = 1,
            Kind = SampleKind.ProfiledEnvironments,
            Rows = [1, 0, 2],
            DrawKeys = [4, 5, 6],
            Limit = 4,
            Tokens = "profiles",
            Credits = 8,
        };
        var samples = SamplePayload.Split(server.Answer(request)!).ToList();
        Assert.Equal([true, false, true], samples.Select(s => s.Sample.IsEmpty));
        var expected = ProfiledDraw.Draw(_context.NewFinder(), first, [profile], 5, 4)!;
        Assert.Equal(Convert.ToHexString(expected.ToBytes()), Convert.ToHexString(samples[1].Sample.Span));
        Assert.Null(server.Answer(request with { Tokens = "profiles-never-made" }));
    }

    [Fact]
    public void Should_carry_profiles_through_a_trial_in_a_process_of_its_own()
    {
        using var cache = new EncoderCache();
        using var maker = StructureWork.Of(_context, cache, Work("alone"));
        var made = maker.Make(FeaturizerWorkspace.ChunkSize, Structures()[0].Name, Structures()[0]);
        var path = _place.Workspace.At("alone.json");
        IsolationResult.Of(made).Save(path);
        var profile = Assert.Single(IsolationResult.Load(path).Product().Profiles);
        Assert.Equal(made.Profiles[0].Values, profile.Values);
        Assert.Equal(made.Profiles[0] with { Values = [] }, profile with { Values = [] });
    }

    [Fact]
    public void Should_write_the_tokens_of_two_encoders_side_by_side()
    {
        // The second sees fewer atoms, so it cannot take the first one's microenvironments.
        using (var model = new AtomicAutoencoder(
            new AutoencoderShape { Decoder = false, Head = "rank", Layers = 1, Width = 16, Heads = 1, MaxAtoms = 20, LayerScale = 0.5 }, 9))
        {
            model.Save(_place.Workspace.At(Workspace.MutRankEncoder));
        }

        using var worker = new ChunkWorker(_context);
        worker.Run(_place.Embedding("second-embeddings") with { Encoder = Workspace.MutRankEncoder }, 0, _ => { }, CancellationToken.None);
        var points = EmbeddingsFile.Load(EmbeddingsFile.PathOf(_place.Workspace.At("second-embeddings"), 0)).Points;
        var identity = AtomicAutoencoder.IdentityOf(_place.Workspace.At(Workspace.MutRankEncoder));
        new StructureCodebook(KMeans.PlusPlus(points, 9, 3), new CodebookOrigin { Encoder = identity }).Save(_place.Workspace.At(Workspace.MutRankCodebook));

        worker.Run(_place.Tokenising("one"), 1, _ => { }, CancellationToken.None);
        worker.Run(
            _place.Tokenising("second") with { Encoder = Workspace.MutRankEncoder, Codebook = Workspace.MutRankCodebook }, 1, _ => { }, CancellationToken.None);
        worker.Run(
            _place.Tokenising("two") with { Encoders = [new(MutRankOptions.Teacher, Workspace.MutRankEncoder, Workspace.MutRankCodebook)] },
            1, _ => { }, CancellationToken.None);
        using var one = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("one"), 1));
        using var second = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("second"), 1));
        using var two = TokenFile.Open(TokenFile.PathOf(_place.Workspace.At("two"), 1));
        Assert.Equal(["autoencoder", "mutrank"], two.Header.Teachers);
        Assert.Equal(one.RowCount, two.RowCount);
        for (var row = 0; row < two.RowCount; row++)
        {
            Assert.Equal(one.Tokens(0, row).ToArray(), two.Tokens(0, row).ToArray());
            Assert.Equal(second.Tokens(0, row).ToArray(), two.Tokens(1, row).ToArray());
        }
    }

    private ChunkWork Work(string output) => new()
    {
        WorkId = $"profile-{output}",
        Kind = WorkKind.Profile,
        Catalogue = _place.CatalogueName,
        Output = output,
    };

    private Dictionary<int, Structure> Structures() => ChunkStructures.Read(_place.Catalogue, 1, _place.Context.Reading)
        .Where(read => read.Structure is not null).ToDictionary(read => read.Row, read => read.Structure!);
}
