using System.IO.Compression;
using Ism.Models.Esm2;
using Ism.Models.Serialization;
using Ism.Models.Tests.Serialization;
using TorchSharp;

namespace Ism.Models.Tests.Esm2;

public sealed class Esm2EmbedderTests : IDisposable
{
    private const string Fasta = ">one first protein\nMKT\nVrq*\n\n; comment\n>two\nACDEFGHIKLMNPQ RSTVWY\n>three|x\nG\n";
    private static readonly (string Id, string Sequence)[] Records =
        [("one", "MKTVRQ"), ("two", "ACDEFGHIKLMNPQRSTVWY"), ("three|x", "G")];

    private readonly TemporaryFolder _folder = new();
    private readonly Esm2Model _model = Esm2Initialization.Random(new Esm2Config(2, 24, 2), seed: 9);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(1)]
    public void Should_write_what_the_model_computes_for_each_residue(int tokensPerBatch)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var head = new StructureHead("autoencoder", torch.randn([64, 24], generator: new torch.Generator(1)), torch.zeros(64));
        _model.SaveHuggingFace(_folder.Path("model"), [head]);
        File.WriteAllText(_folder.Path("in.fasta"), Fasta);
        using var embedder = Esm2Embedder.Open(_folder.Path("model"));
        var include = EmbedOptions.Parse("representation,logits,contacts,layers,structure-tokens");
        var progress = new List<EmbedProgress>();

        var options = new EmbedOptions { Include = include, TokensPerBatch = tokensPerBatch };
        embedder.Embed(_folder.Path("in.fasta"), _folder.Path("out"), options, new Progress(progress));

        Assert.Equal(new EmbedProgress(3, 3, 27, 27), progress[^1]);
        Assert.Equal(tokensPerBatch == 1 ? 3 : 1, progress.Count);
        var written = SafeTensorsFile.Load(_folder.Path("out"));
        Assert.Equal(5 * Records.Length, written.Count);
        foreach (var (id, sequence) in Records)
        {
            using var tokens = PackedTokens.From([Esm2Alphabet.EncodeResidues(sequence)]);
            using var output = _model.Forward(tokens, Esm2Outputs.Layers | Esm2Outputs.Logits | Esm2Outputs.Contacts);
            var states = output.Layers![^1].narrow(0, 1, sequence.Length);
            Close.Require(states, written[$"{id}/representation"], 1e-5, "representation");
            Close.Require(output.Logits!.narrow(0, 1, sequence.Length), written[$"{id}/logits"], 1e-5, "logits");
            Close.Require(output.Contacts![0], written[$"{id}/contacts"], 1e-5, "contacts");
            var layers = torch.stack([.. output.Layers!.Select(layer => layer.narrow(0, 1, sequence.Length))], 0);
            Close.Require(layers, written[$"{id}/layers"], 1e-5, "layers");
            var best = head.Output(states).argmax(1).to(torch.int32);
            Close.RequireSame(best, written[$"{id}/structure-tokens/autoencoder"], "structure tokens");
        }
    }

    [Fact]
    public void Should_read_gzipped_files()
    {
        using (var gzip = new GZipStream(File.Create(_folder.Path("in.fasta.gz")), CompressionLevel.Fastest))
        {
            gzip.Write(System.Text.Encoding.UTF8.GetBytes(Fasta));
        }

        Assert.Equal(Records, FastaFile.Read(_folder.Path("in.fasta.gz")).Select(record => (record.Id, record.Sequence)));
    }

    [Theory]
    [InlineData(">a\nMK\n>a\nMK\n", "'a' appears twice")]
    [InlineData(">a\nMKJ\n", "record 'a': 'J' at position 2")]
    [InlineData(">a\nM*K\n", "record 'a': '*' at position 1")]
    [InlineData(">a\n*\n", "record 'a' has no residues")]
    [InlineData(">\nMK\n", "line 1: the header has no id")]
    [InlineData("MK\n", "line 1: text before the first '>'")]
    [InlineData(">a\nMKTVRQA\n", "'a' has 7 residues, more than the 6 allowed")]
    [InlineData("", "no sequence")]
    public void Should_refuse_bad_records_before_anything_is_written(string fasta, string message)
    {
        File.WriteAllText(_folder.Path("in.fasta"), fasta);
        using var embedder = new Esm2Embedder(_model, []);

        var error = Assert.Throws<FormatException>(() =>
            embedder.Embed(_folder.Path("in.fasta"), _folder.Path("out"), new() { MaxLength = 6 }));

        Assert.Contains(message, error.Message);
        Assert.Equal([_folder.Path("in.fasta")], Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void Should_say_that_a_folder_has_no_structure_heads()
    {
        _model.SaveHuggingFace(_folder.Path("model"));
        File.WriteAllText(_folder.Path("in.fasta"), Fasta);
        using var embedder = Esm2Embedder.Open(_folder.Path("model"));
        var error = Assert.Throws<InvalidOperationException>(() => embedder.Embed(
            _folder.Path("in.fasta"), _folder.Path("out"), new() { Include = Embeddings.StructureTokens }));
        Assert.Contains("structure_heads.safetensors", error.Message);
        Assert.Contains("'heads'", Assert.Throws<ArgumentException>(() => EmbedOptions.Parse("logits,heads")).Message);
    }

    [Fact]
    public void Should_leave_nothing_behind_when_cancelled()
    {
        File.WriteAllText(_folder.Path("in.fasta"), Fasta);
        using var embedder = new Esm2Embedder(_model, []);
        Assert.Throws<OperationCanceledException>(() => embedder.Embed(
            _folder.Path("in.fasta"), _folder.Path("out"), new(), cancel: new CancellationToken(canceled: true)));
        Assert.Equal([_folder.Path("in.fasta")], Directory.GetFiles(_folder.Root));
    }

    /// <summary>Unlike <see cref="Progress{T}"/>, reports on the calling thread.</summary>
    private sealed class Progress(List<EmbedProgress> reports) : IProgress<EmbedProgress>
    {
        public void Report(EmbedProgress value) => reports.Add(value);
    }
}
