using CsCheck;

namespace Ism.Corpus.Tests;

public class DrawsTests
{
    [Fact]
    public void Should_draw_sorted_distinct_residues_within_the_chain() => Gen.Select(Gen.ULong, Gen.Int[0, 300],
        Gen.Int[0, 80]).Sample(
        (key, n, k) =>
        {
            var residues = Draws.Residues(key, n, k);
            Assert.Equal(k == 0 ? n : Math.Min(n, k), residues.Length);
            Assert.Equal(residues.Distinct().Order(), residues);
            Assert.All(residues, residue => Assert.InRange(residue, 0, n - 1));
            Assert.Equal(residues, Draws.Residues(key, n, k));
        },
        seed: "0000KOIPBCH4", iter: 500, threads: 1);

    [Fact]
    public void Should_draw_every_residue_crop_and_chain_alike()
    {
        const int Visits = 20_000;
        var residues = new int[10];
        var starts = new int[5];
        var chains = new int[3];
        for (var visit = 0; visit < Visits; visit++)
        {
            foreach (var residue in Draws.Residues((ulong)visit, 10, 3))
            {
                residues[residue]++;
            }

            starts[Draws.CropStart((ulong)visit, 12, 8)]++;
            chains[Draws.Chain((ulong)visit, 3)]++;
        }

        // Six standard deviations of a binomial count.
        Assert.All(residues, count => Assert.InRange(count, Around(0.3).Low, Around(0.3).High));
        Assert.All(starts, count => Assert.InRange(count, Around(0.2).Low, Around(0.2).High));
        Assert.All(chains, count => Assert.InRange(count, Around(1 / 3.0).Low, Around(1 / 3.0).High));

        static (int Low, int High) Around(double share)
        {
            var width = 6 * Math.Sqrt(Visits * share * (1 - share));
            return ((int)((Visits * share) - width), (int)((Visits * share) + width));
        }
    }

    [Theory]
    [InlineData(0, 512)]
    [InlineData(511, 512)]
    [InlineData(512, 512)]
    public void Should_start_at_zero_when_the_chain_fits_the_crop(int length, int crop) =>
        Assert.Equal(0, Draws.CropStart(42, length, crop));

    [Fact]
    public void Should_refuse_a_structure_without_chains() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Draws.Chain(1, 0));
}
