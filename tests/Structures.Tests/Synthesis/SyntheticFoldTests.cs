using System.Numerics;
using Ism.Structures.Synthesis;

namespace Ism.Structures.Tests.Synthesis;

public class SyntheticFoldTests
{
    private const int Count = 60;

    private static readonly SyntheticProtein[] Proteins = Generate();

    private static IEnumerable<SyntheticResidue> Folded =>
        Proteins.SelectMany(protein => protein.Residues).Where(residue => residue.State != SecondaryState.Disordered);

    [Fact]
    public void Should_be_a_pure_function_of_seed_and_index()
    {
        var again = ProteinSynthesizer.Generate(3, 5, new SynthesisOptions());
        var other = ProteinSynthesizer.Generate(4, 5, new SynthesisOptions());

        Assert.Equivalent(Proteins[5], again, strict: true);
        Assert.NotEqual(again.Sequence, other.Sequence);
        Assert.Equal(Count, Proteins.Select(protein => protein.Sequence).Distinct().Count());
    }

    [Fact]
    public void Should_be_nearly_as_compact_as_real_proteins()
    {
        // Radius of gyration of native proteins: 2.2 N^0.38 Å (Skolnick and others 1997); generated ones pack less tightly.
        var ratios = Proteins.Select(RadiusRatio).ToArray();

        Assert.InRange(ratios.Average(), 0.95, 1.25);
        Assert.InRange(ratios.Count(ratio => ratio < 1.25) / (double)Count, 0.7, 1);
        Assert.All(ratios, ratio => Assert.InRange(ratio, 0.9, 1.6));
    }

    [Fact]
    public void Should_let_the_sequence_tell_the_structure()
    {
        // Enrichment of typical residues over the state's share in all.
        Assert.InRange(Enrichment(SecondaryState.Helix, "AEL"), 1.3, 10);
        Assert.InRange(Enrichment(SecondaryState.Strand, "VIY"), 1.6, 10);
        Assert.InRange(Enrichment(SecondaryState.Loop, "GNDP"), 1.6, 10);
        Assert.InRange(Folded.Where(r => "VILFM".Contains(r.Letter)).Average(r => r.Burial)
            - Folded.Where(r => "KEDRN".Contains(r.Letter)).Average(r => r.Burial), 0.2, 1);

        static double Enrichment(SecondaryState state, string letters)
        {
            var inside = Folded.Where(residue => residue.State == state).Average(Hit);
            return inside / Folded.Average(Hit);

            double Hit(SyntheticResidue residue) => letters.Contains(residue.Letter) ? 1 : 0;
        }
    }

    [Fact]
    public void Should_hold_helices_strands_buried_and_exposed_places()
    {
        Assert.All([SecondaryState.Helix, SecondaryState.Strand, SecondaryState.Loop],
            state => Assert.InRange(Folded.Average(residue => residue.State == state ? 1.0 : 0), 0.1, 0.7));
        Assert.InRange(Folded.Average(residue => residue.Burial > 0.7 ? 1.0 : 0), 0.1, 0.6);
        Assert.InRange(Folded.Average(residue => residue.Burial < 0.3 ? 1.0 : 0), 0.1, 0.6);
    }

    [Fact]
    public void Should_put_plddt_under_50_on_disordered_ends_alone()
    {
        var disordered = Proteins.SelectMany(protein => protein.Residues).Where(r =>
            r.State == SecondaryState.Disordered).ToArray();

        Assert.NotEmpty(disordered);
        Assert.All(disordered, residue => Assert.InRange(residue.BFactor, 20, 49.9));
        Assert.All(Folded, residue => Assert.InRange(residue.BFactor, 60, 100));
        Assert.InRange(Proteins.Count(protein => protein.Residues.Any(r => r.State == SecondaryState.Disordered)), Count / 5,
            Count * 3 / 5);
    }

    [Fact]
    public void Should_refuse_lengths_that_cannot_be_generated()
    {
        Assert.Contains("300 to 200", Assert.Throws<ArgumentException>(
            () => ProteinSynthesizer.Generate(1, 0, new SynthesisOptions { MinLength = 300, MaxLength = 200 })).Message);
        Assert.Throws<ArgumentException>(() => ProteinSynthesizer.Generate(1, 0, new SynthesisOptions { DisorderedShare = 2 }));
    }

    private static SyntheticProtein[] Generate()
    {
        var proteins = new SyntheticProtein[Count];
        Parallel.For(0, Count, index => proteins[index] = ProteinSynthesizer.Generate(3, index, new SynthesisOptions()));
        return proteins;
    }

    private static double RadiusRatio(SyntheticProtein protein)
    {
        var places = protein.Residues.Where(residue => residue.State != SecondaryState.Disordered)
            .Select(residue => residue.Find("CA")!.Value).ToArray();
        var centre = places.Aggregate(Vector3.Zero, (sum, place) => sum + place) / places.Length;
        var radius = Math.Sqrt(places.Average(place => (double)Vector3.DistanceSquared(place, centre)));
        return radius / (2.2 * Math.Pow(places.Length, 0.38));
    }
}
