using Ism.Models.Esm2;
using Ism.Structures.Numerics;

namespace Ism.Models.StructureTuning;

/// <summary>
/// Chooses residues of a sequence and hides them (Devlin et al. 2019, as in ESM2): of the chosen ones 80 % become &lt;mask&gt;,
/// 10 % one of the twenty standard residues (possibly the same), 10 % stay. Two choices of ours: only standard residues are
/// chosen, since there is nothing to learn from predicting X; and their number is exact, the fraction of them rounded and at
/// least one, so that short crops are never without a target and the global count varies little.
/// </summary>
public sealed class MaskedLanguageModel
{
    private const int StandardResidues = 20;
    private const ulong MaskPurpose = 0x6D61736B00000001;
    private static readonly int UnknownResidue = Esm2Alphabet.Id('X')!.Value;
    private readonly double _fraction;

    /// <summary>Chooses this fraction; 0 chooses nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside [0, 1].</exception>
    public MaskedLanguageModel(double fraction = 0.15)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fraction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fraction, 1);
        _fraction = fraction;
    }

    /// <summary>The sample as the model sees it. A pure function of the sample.</summary>
    /// <exception cref="ArgumentException">Tokens and residues differ in length; the message names the sample.</exception>
    public LabelledSequence Mask(TuningSample sample)
    {
        var length = sample.Residues.Length;
        if (sample.Tokens.FirstOrDefault(tokens => tokens.Length != length) is { } wrong)
        {
            throw new ArgumentException($"{sample.Id}: {wrong.Length} structure tokens for {length} residues");
        }

        var original = Encode(sample.Residues);
        var ids = (int[])original.Clone();
        var labels = new int[ids.Length];
        Array.Fill(labels, LabelledSequence.Ignore);
        var random = new CounterRandom(sample.DrawKey, MaskPurpose);
        foreach (var place in Choose(original, ref random))
        {
            labels[place] = original[place];
            ids[place] = random.NextDouble() switch
            {
                < 0.8 => Esm2Alphabet.Mask,
                < 0.9 => Esm2Alphabet.FirstStandardResidue + random.NextInt32(StandardResidues),
                _ => original[place],
            };
        }

        return new()
        {
            Ids = ids,
            OriginalIds = original,
            MaskedLabels = labels,
            Tokens = [.. sample.Tokens.Select(Framed)],
            Features = sample.Features,
        };
    }

    /// <summary>&lt;cls&gt;, one id a residue, &lt;eos&gt;; letters outside the vocabulary become X.</summary>
    public static int[] Encode(string residues) =>
        [Esm2Alphabet.Cls, .. residues.Select(residue => Esm2Alphabet.Id(residue) ?? UnknownResidue), Esm2Alphabet.Eos];

    // Ascending places, every subset of that size alike (Knuth, TAOCP vol. 2, 3.4.2, algorithm S).
    private List<int> Choose(int[] ids, ref CounterRandom random)
    {
        var candidates = ids.Count(IsStandard);
        var wanted = _fraction == 0 ? 0 : Math.Min(candidates, Math.Max(1, (int)Math.Round(_fraction * candidates)));
        var chosen = new List<int>(wanted);
        for (var place = 0; place < ids.Length && chosen.Count < wanted; place++)
        {
            if (IsStandard(ids[place]) && random.NextInt32(candidates--) < wanted - chosen.Count)
            {
                chosen.Add(place);
            }
        }

        return chosen;
    }

    private static bool IsStandard(int id) =>
        id is >= Esm2Alphabet.FirstStandardResidue and < Esm2Alphabet.FirstStandardResidue + StandardResidues;

    private static int[] Framed(short[] tokens) =>
    [
        LabelledSequence.Ignore,
        .. tokens.Select(token => token < 0 ? LabelledSequence.Ignore : token),
        LabelledSequence.Ignore,
    ];
}
