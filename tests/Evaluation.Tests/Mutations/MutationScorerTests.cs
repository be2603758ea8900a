using Ism.Evaluation.Mutations;
using Ism.Models.Autoencoder;
using Ism.Structures;
using Ism.Structures.Synthesis;
using TorchSharp;

namespace Ism.Evaluation.Tests.Mutations;

public sealed class MutationScorerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-scores-").FullName;
    private readonly AtomicAutoencoder _model = new(
        new AutoencoderShape { Decoder = false, Layers = 1, Width = 16, Heads = 1, LayerScale = 0.5, Radius = 8, MaxAtoms = 90 }, 3);

    private readonly Structure _structure;

    public MutationScorerTests()
    {
        SyntheticCorpus.Write(_folder, 1, 5, new SynthesisOptions { MinLength = 30, MaxLength = 40 });
        _structure = StructureReader.ReadFile(Directory.GetFiles(_folder).Single());
    }

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Should_be_the_difference_of_log_probabilities_of_the_masked_surroundings()
    {
        var chain = _structure.Chains[0];
        using var scorer = new MutationScorer(_model);
        var finder = new MicroenvironmentFinder(8, 90);
        finder.Use(_structure);
        foreach (var place in (int[])[0, 7, chain.Length - 1])
        {
            using var scope = torch.NewDisposeScope();
            using var batch = new AtomBatch([finder.Find(chain.ResidueIndices[place])], _model.DataType);
            var logits = _model.AminoAcidLogits(_model.Encoder.Forward(batch).Embedding).data<float>().ToArray();
            var wild = chain.Sequence[place];
            var mutants = AminoAcids.Letters.Where(letter => letter != wild).ToArray();
            foreach (var mutant in mutants)
            {
                var expected = logits[AminoAcids.Index(mutant)] - logits[AminoAcids.Index(wild)];
                Assert.Equal(expected, scorer.Score(_structure, chain, [(wild, place, mutant)]), 2e-4);
            }

            Assert.Equal(1, scorer.Values(_structure, chain, [place]).Single().Sum(Math.Exp), 1e-9);
        }

        var (a, b) = ((chain.Sequence[2], 2, 'W'), (chain.Sequence[9], 9, 'P'));
        Assert.Equal(
            scorer.Score(_structure, chain, [a]) + scorer.Score(_structure, chain, [b]), scorer.Score(_structure, chain, [a, b]), 1e-4);
    }

    [Fact]
    public void Should_be_the_difference_of_the_values_that_mutrank_predicts()
    {
        using var mutrank = new AtomicAutoencoder(_model.Shape with { Head = "rank" }, 4);
        var chain = _structure.Chains[0];
        using var scorer = new MutationScorer(mutrank);
        Assert.Equal("rank", scorer.Kind);
        var finder = new MicroenvironmentFinder(8, 90);
        finder.Use(_structure);
        using var scope = torch.NewDisposeScope();
        using var batch = new AtomBatch([finder.Find(chain.ResidueIndices[6])], mutrank.DataType);
        var values = mutrank.MutationValues(mutrank.Encoder.Forward(batch).Embedding).data<float>().ToArray();
        var (wild, mutant) = (chain.Sequence[6], chain.Sequence[6] == 'G' ? 'A' : 'G');
        Assert.Equal(
            values[AminoAcids.Index(mutant)] - values[AminoAcids.Index(wild)], scorer.Score(_structure, chain, [(wild, 6, mutant)]), 2e-4);
        Assert.Equal(0, scorer.Score(_structure, chain, [(wild, 6, wild)]));
    }

    [Fact]
    public void Should_find_the_residue_by_the_wild_types_sequence_and_say_what_does_not_fit()
    {
        var chain = _structure.Chains[0];
        var mutant = chain.Sequence[4] == 'G' ? 'A' : 'G';
        var line = new MutationLine(2, [], "x", null, null, [new(chain.Sequence[4], 5, mutant)], null);
        Check(line, 4);
        Check(line with { Chain = chain.Id }, 4);
        Check(line with { Sequence = "GSHM" + chain.Sequence, Mutations = [new(chain.Sequence[4], 9, mutant)] }, 4);
        Assert.Contains("no protein chain ?", MutationScorer.Locate(_structure, line with { Chain = "?" }).Problem);
        Assert.Contains("no such residue", MutationScorer.Locate(_structure, line with { Mutations = [new('A', 9999, 'G')] }).Problem);
        Assert.Contains($"residue 5 of chain {chain.Id} is {chain.Sequence[4]}", MutationScorer.Locate(
            _structure, line with { Mutations = [new(mutant, 5, 'W')] }).Problem);

        void Check(MutationLine one, int place)
        {
            var (found, mutations, problem) = MutationScorer.Locate(_structure, one);
            Assert.Equal("", problem);
            Assert.Same(chain, found);
            Assert.Equal((chain.Sequence[4], place, mutant), mutations.Single());
        }
    }
}
