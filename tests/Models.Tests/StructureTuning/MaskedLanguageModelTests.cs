using Ism.Models.Esm2;
using Ism.Models.StructureTuning;
using Ism.Structures.Numerics;

namespace Ism.Models.Tests.StructureTuning;

public class MaskedLanguageModelTests
{
    private const string Standard = "LAGVSERTIDPKQNFYMHWC";

    [Fact]
    public void Should_choose_the_exact_fraction_and_hide_it_80_10_10()
    {
        var (chosen, masked, changed, kept) = (0, 0, 0, 0);
        for (var key = 0UL; key < 400; key++)
        {
            var sequence = new MaskedLanguageModel().Mask(Sample(200, key));
            var places = Places(sequence);
            Assert.Equal(30, places.Length);
            chosen += places.Length;
            masked += places.Count(place => sequence.Ids[place] == Esm2Alphabet.Mask);
            kept += places.Count(place => sequence.Ids[place] == sequence.OriginalIds[place]);
            changed += places.Count(place => sequence.Ids[place] != Esm2Alphabet.Mask && sequence.Ids[place] is >= 4 and < 24
                && sequence.Ids[place] != sequence.OriginalIds[place]);
            Assert.All(Enumerable.Range(0, sequence.Ids.Length).Except(places), place =>
                Assert.Equal((sequence.OriginalIds[place], LabelledSequence.Ignore), (sequence.Ids[place], sequence.MaskedLabels[place])));
        }

        // Five standard deviations of a binomial of 12,000.
        Assert.Equal(chosen, masked + changed + kept);
        Assert.InRange(masked / (double)chosen, 0.8 - 0.019, 0.8 + 0.019);
        Assert.InRange(changed / (double)chosen, (0.1 * 19 / 20) - 0.014, (0.1 * 19 / 20) + 0.014);
        Assert.InRange(kept / (double)chosen, 0.105 - 0.014, 0.105 + 0.014);
    }

    [Fact]
    public void Should_choose_every_place_equally_often()
    {
        var counts = new int[52];
        for (var key = 0UL; key < 5000; key++)
        {
            foreach (var place in Places(new MaskedLanguageModel(0.2).Mask(Sample(50, key))))
            {
                counts[place]++;
            }
        }

        Assert.Equal((0, 0), (counts[0], counts[^1]));
        Assert.All(counts[1..^1], count => Assert.InRange(count, 1000 - 150, 1000 + 150));
    }

    [Fact]
    public void Should_depend_on_the_key_alone()
    {
        var first = new MaskedLanguageModel().Mask(Sample(120, 5));
        Assert.Equal(first.Ids, new MaskedLanguageModel().Mask(Sample(120, 5) with { Id = "other", CropStart = 9 }).Ids);
        Assert.NotEqual(first.Ids, new MaskedLanguageModel().Mask(Sample(120, 6)).Ids);
    }

    [Fact]
    public void Should_never_choose_unknown_residues_and_always_have_one_target()
    {
        var sample = Sample(6, 1) with { Residues = "XXMJx*" };
        for (var key = 0UL; key < 50; key++)
        {
            var sequence = new MaskedLanguageModel(0.01).Mask(sample with { DrawKey = key });
            Assert.Equal([3], Places(sequence));
            Assert.Equal(Esm2Alphabet.Id('X'), sequence.OriginalIds[4]);
        }

        Assert.Empty(Places(new MaskedLanguageModel().Mask(sample with { Residues = "XXXXXX" })));
        Assert.Empty(Places(new MaskedLanguageModel(0).Mask(sample)));
    }

    [Fact]
    public void Should_say_which_sample_has_too_few_tokens()
    {
        var wrong = Sample(10, 0) with { Id = "AF-P1", Tokens = [new short[9]] };
        Assert.Contains("AF-P1: 9 structure tokens for 10", Assert.Throws<ArgumentException>(
            () => new MaskedLanguageModel().Mask(wrong)).Message);
    }

    internal static TuningSample Sample(int length, ulong key, int clusters = 8, int heads = 1)
    {
        var random = new CounterRandom(key, (ulong)length);
        var residues = new char[length];
        var tokens = Enumerable.Range(0, heads).Select(_ => new short[length]).ToArray();
        for (var i = 0; i < length; i++)
        {
            residues[i] = Standard[random.NextInt32(Standard.Length)];
            foreach (var head in tokens)
            {
                head[i] = (short)(random.NextInt32(clusters + 1) - 1);
            }
        }

        return new() { Id = $"sample {key}", Residues = new(residues), Tokens = tokens, DrawKey = key };
    }

    private static int[] Places(LabelledSequence sequence) =>
        [.. Enumerable.Range(0, sequence.Ids.Length).Where(place => sequence.MaskedLabels[place] >= 0)];
}
