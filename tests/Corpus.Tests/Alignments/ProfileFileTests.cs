using Ism.Corpus.Alignments;
using Ism.Corpus.Streaming;
using Ism.Structures;
using Ism.Structures.Alignments;
using Ism.Structures.Synthesis;

namespace Ism.Corpus.Tests.Alignments;

public sealed class ProfileFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-profiles-").FullName;
    private readonly Structure _structure;

    public ProfileFileTests()
    {
        SyntheticCorpus.Write(At("structures"), 1, 3, new SynthesisOptions { MinLength = 30, MaxLength = 40 }, alignments: new(At("a3m"), 12));
        _structure = StructureReader.ReadFile(Directory.GetFiles(At("structures")).Single());
    }

    private ProteinChain Chain => _structure.Chains[0];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_hold_what_was_written_in_the_same_bytes_each_time()
    {
        var profile = Profile();
        Assert.Equal(Chain.Length, profile.KnownResidues().Length);
        var silent = new ChainProfile("B", 3, [], 0, 0, "x.a3m:3: 'b' has 2 columns");
        var path = ProfileFile.PathOf(At("profiles"), 2);
        var first = ProfileFile.Write(path, [(512, profile), (512, silent), (515, silent with { Problem = "" })]);
        Assert.Equal(first, ProfileFile.Write(At("again.arrow"), [(512, profile), (512, silent), (515, silent with { Problem = "" })]));
        Assert.Equal(new FileInfo(path).Length, first.Bytes);

        var read = ProfileFile.Read(path);
        Assert.Equal([512L, 515L], read.Positions);
        Assert.Equal(profile.Values, read.Of(512)[0].Values);
        Assert.Equal(profile with { Values = [] }, read.Of(512)[0] with { Values = [] });
        Assert.Equal(("B", false, silent.Problem), (read.Of(512)[1].Chain, read.Of(512)[1].IsKnown, read.Of(512)[1].Problem));
        Assert.Empty(read.Of(513));
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^9]);
        Assert.Contains("chunk-000002.arrow", Assert.Throws<InvalidDataException>(() => ProfileFile.Read(path)).Message);
        Assert.Empty(ProfileFile.Read(Empty()).Positions);

        string Empty()
        {
            ProfileFile.Write(At("empty.arrow"), []);
            return At("empty.arrow");
        }
    }

    [Fact]
    public void Should_draw_residues_with_their_own_columns()
    {
        var profile = Profile();
        // Only every third residue is known.
        for (var i = 0; i < profile.Values.Length; i++)
        {
            profile.Values[i] = i / 20 % 3 == 1 ? profile.Values[i] : 0;
        }

        var finder = new MicroenvironmentFinder();
        var draw = ProfiledDraw.Draw(finder, _structure, [profile], 77, 5)!;
        var read = ProfiledDraw.FromBytes(draw.ToBytes());
        var drawn = Draws.Residues(77, profile.KnownResidues().Length, 5).Select(i => profile.KnownResidues()[i]).ToArray();
        Assert.Equal(5, drawn.Length);
        finder.Use(_structure);
        for (var i = 0; i < drawn.Length; i++)
        {
            Assert.Equal(1, drawn[i] % 3);
            Assert.Equal(profile.Column(drawn[i]).ToArray(), read.Columns.AsSpan(20 * i, 20).ToArray());
            var environment = finder.Find(Chain.ResidueIndices[drawn[i]]);
            Assert.Equal((environment.AminoAcid, environment.Count), (read.Environments[i].AminoAcid, read.Environments[i].Count));
            Assert.Equal(environment.Coordinates, read.Environments[i].Coordinates);
        }

        Assert.Null(ProfiledDraw.Draw(finder, _structure, [profile with { Values = [] }], 77, 5));
        Assert.Contains("has its file changed?", Assert.Throws<InvalidDataException>(
            () => ProfiledDraw.Draw(finder, _structure, [profile with { Length = 9, Values = profile.Values[..180] }], 77, 5)).Message);
        Assert.Throws<InvalidDataException>(() => ProfiledDraw.FromBytes(draw.ToBytes()[..50]));
        Assert.Throws<InvalidDataException>(() => ProfiledDraw.FromBytes([2, 0, 0, 0, .. draw.ToBytes()[4..]]));
    }

    [Fact]
    public void Should_say_why_a_chain_has_no_profile_and_take_the_columns_of_the_residues_seen()
    {
        var profiler = new ChainProfiler(new AlignmentFolder(At("a3m")), new ProfileOptions(), 0);
        var whole = profiler.Of(_structure, _structure.Name).Single();
        Assert.Equal(13, whole.Sequences);

        // A chain that lacks its first residues, and one of another protein.
        var part = _structure with { Chains = [Chain with { Sequence = Chain.Sequence[6..], ResidueIndices = Chain.ResidueIndices[6..] }] };
        Assert.Equal(whole.Values[120..], profiler.Of(part, _structure.Name).Single().Values);
        var other = _structure with { Chains = [Chain with { Sequence = new string('G', Chain.Length) }] };
        Assert.Contains("another protein", profiler.Of(other, _structure.Name).Single().Problem);
        Assert.Equal(("", false), (profiler.Of(_structure, "9xyz").Single().Problem, profiler.Of(_structure, "9xyz").Single().IsKnown));
        File.WriteAllText(Path.Combine(At("a3m"), "8bad.a3m"), ">q\nMK\n>b\nM\n");
        profiler = new ChainProfiler(new AlignmentFolder(At("a3m")), new ProfileOptions(), 0);
        Assert.Contains("8bad.a3m:3: 'b' has 1 columns", profiler.Of(_structure, "8bad").Single().Problem);
    }

    private ChainProfile Profile() =>
        new ChainProfiler(new AlignmentFolder(At("a3m")), new ProfileOptions(), 0).Of(_structure, _structure.Name).Single();

    private string At(string name) => Path.Combine(_folder, name);
}
