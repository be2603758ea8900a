using System.Numerics;
using Ism.Evaluation.Atlas;
using Ism.Evaluation.Labels;
using Ism.Models.Autoencoder;
using Ism.Models.Codebook;
using Ism.Structures;

namespace Ism.Evaluation.Tests.Atlas;

public sealed class AtlasSurveyTests(AtlasSample sample) : IClassFixture<AtlasSample>
{
    [Fact]
    public void Should_count_every_residue_once_in_the_set_of_its_kind()
    {
        Assert.Equal([AtlasSurvey.Experimental, AtlasSurvey.Predicted], sample.Atlas.Sets.Select(set => set.Name).Order());
        foreach (var set in sample.Atlas.Sets)
        {
            var structures = sample.Read.Where(s => s.IsPredicted == (set.Name == AtlasSurvey.Predicted)).ToList();
            Assert.Equal(structures.Count, set.Structures);
            Assert.Equal(structures.Sum(s => s.Chains.Sum(chain => chain.Length)), set.Residues);
            Assert.Equal(1, Enumerable.Range(0, AtlasSample.Tokens).Sum(set.ShareOf), 9);
        }

        var predicted = sample.Read.Where(s => s.IsPredicted).SelectMany(s => s.Chains).SelectMany(chain => chain.Plddt!).ToList();
        var all = TokenAtlas.Background(sample.Atlas.Profiles());
        Assert.Equal(predicted.Average(), all.MeanPlddt, 3);
        Assert.Equal(predicted.Count(p => p < 50), all.PlddtCounts[0]);
    }

    [Fact]
    public void Should_give_residues_the_tokens_and_labels_that_others_give_them()
    {
        using var encoder = new EnvironmentEncoder(sample.Model);
        using var assigner = new TokenAssigner(sample.Codebook);
        var finder = new MicroenvironmentFinder(8, 60);
        var expected = Enumerable.Range(0, AtlasSample.Tokens).Select(_ => new List<(char State, float Exposure, Microenvironment Environment)>()).ToArray();
        foreach (var structure in sample.Read)
        {
            foreach (var (chain, labels) in structure.Chains.Zip(ChainLabels.Of(structure)))
            {
                var environments = finder.FindChain(structure, chain);
                foreach (var (i, token) in assigner.Assign(encoder.Embed(environments)).Index())
                {
                    expected[token].Add((labels.States8[i], labels.RelativeExposure[i], environments[i]));
                }
            }
        }

        foreach (var (token, profile) in sample.Atlas.Profiles().Index())
        {
            var residues = expected[token];
            Assert.Equal(residues.Count, profile.Residues);
            Assert.Equal(residues.Sum(r => r.Environment.Count), profile.ElementCounts.Sum());
            Assert.Equal(residues.Count(r => r.State == 'H'), profile.StateCounts[0]);
            Assert.Equal(residues.Count(r => r.Exposure < 0.25f) / (double)residues.Count, profile.BuriedShare, 9);
        }

        Assert.Equal(0, sample.Atlas.Profiles()[^1].Residues);
        Assert.True(sample.Atlas.Profiles().Count(p => p.Residues > 0) > 1);
    }

    [Fact]
    public void Should_keep_the_residues_nearest_to_the_centroid_of_different_structures()
    {
        using var encoder = new EnvironmentEncoder(sample.Model);
        using var nearest = new NearestCentroid(sample.Codebook.Centroids);
        var finder = new MicroenvironmentFinder(8, 60);
        var best = new Dictionary<(int Token, string Structure), double>();
        foreach (var structure in sample.Read)
        {
            foreach (var chain in structure.Chains)
            {
                nearest.Search(encoder.Embed(finder.FindChain(structure, chain)), (_, token, distance) =>
                    best[(token, structure.Name)] = Math.Min(distance, best.GetValueOrDefault((token, structure.Name), double.MaxValue)));
            }
        }

        for (var token = 0; token < AtlasSample.Tokens; token++)
        {
            var expected = best.Where(b => b.Key.Token == token).Select(b => b.Value).Order().Take(AtlasSample.Typical);
            Assert.Equal(expected, sample.Atlas.Typical[token].Select(typical => typical.SquaredDistance));
            Assert.Equal(sample.Atlas.Typical[token].Count, sample.Atlas.Typical[token].DistinctBy(typical => typical.Of.Structure.Name).Count());
        }
    }

    [Fact]
    public void Should_turn_every_residue_alike_and_keep_distances()
    {
        Assert.NotEmpty(sample.All);
        foreach (var typical in sample.All)
        {
            var structure = typical.Of.Structure;
            ref readonly var residue = ref structure.Residues[typical.Residue];
            var view = EnvironmentView.Of(typical);
            var masked = view.Atoms.Where(atom => atom.Masked).ToDictionary(atom => AtomNames.Text(structure.Atoms.Names![atom.Atom]), atom => atom.At);
            Assert.Equal(residue.AtomCount, masked.Count);
            Assert.Equal(0, masked["CA"].Length(), 1e-3);
            Assert.True(masked["C"].X > masked["N"].X);
            Assert.True(residue.Letter == 'G' || (masked["CB"].Y > 1.4 && Math.Abs(masked["CB"].X) < 1e-3 && Math.Abs(masked["CB"].Z) < 1e-3));

            // Not the mirror image: seen from the hydrogen, CO, R and N follow clockwise.
            var handed = Vector3.Dot(Vector3.Cross(masked["N"], masked["C"]), masked.GetValueOrDefault("CB", Vector3.UnitY));
            Assert.True(handed > 0, typical.Label);
            var (first, last) = (view.Atoms.First(atom => !atom.Masked), view.Atoms[^1]);
            var atoms = structure.Atoms;
            var real = new Vector3(atoms.X[first.Atom] - atoms.X[last.Atom], atoms.Y[first.Atom] - atoms.Y[last.Atom], atoms.Z[first.Atom] - atoms.Z[last.Atom]);
            Assert.Equal(real.Length(), (first.At - last.At).Length(), 1e-3);
            Assert.Contains(view.Bonds, bond => view.Atoms[bond.First].Masked && view.Atoms[bond.Second].Masked);
        }
    }
}
