using System.Globalization;
using System.Numerics;
using Ism.Structures.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>
/// Makes plausible proteins: helices, strands and loops of ideal geometry folded into a compact, clash-free chain, whose amino
/// acids follow from state and burial, so that the sequence predicts the structure. A pure function of seed, index and options;
/// for trying the programs out, not for science.
/// </summary>
public static class ProteinSynthesizer
{
    private const ulong Purpose = 0x73796E7468000001;

    /// <summary>Generates the protein with a number.</summary>
    /// <param name="seed">Names the collection.</param>
    /// <param name="index">Number in the collection, from 0.</param>
    /// <param name="options">Lengths and kind.</param>
    public static SyntheticProtein Generate(long seed, int index, SynthesisOptions options)
    {
        options.Check();
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var random = new CounterRandom(Purpose, (ulong)seed, (ulong)index);
        var plan = FoldPlan.Draw(ref random, options);
        var (backbone, states) = BackboneFolder.Fold(plan, ref random);
        var (burial, aminoAcids, side) = SideChainPacker.Pack(backbone, states, ref random);
        var residues = new SyntheticResidue[backbone.Count];
        for (var residue = 0; residue < residues.Length; residue++)
        {
            var template = SideChainTemplate.All[aminoAcids[residue]];
            var torsions = backbone.Torsions(residue);
            var bFactor = options.Predicted ? Plddt(ref random, states[residue]) : 20 + (15 * (1 - burial[residue]));
            residues[residue] = new SyntheticResidue(template.Letter, template.Code, states[residue], torsions.Phi, torsions.Psi,
                burial[residue], Math.Round(bFactor, 2), Atoms(backbone, residue, template, side[residue]));
        }

        return new SyntheticProtein(NameOf(index, options.Predicted), options.Predicted, residues);
    }

    /// <summary>The name of a generated protein: "AF-SYNTH0001-F1-model_v4" or "SYNTH0001".</summary>
    public static string NameOf(int index, bool predicted)
    {
        var number = (index + 1).ToString("D4", CultureInfo.InvariantCulture);
        return predicted ? $"AF-SYNTH{number}-F1-model_v4" : $"SYNTH{number}";
    }

    // The ranges of AlphaFold DB: folded over 70, unfolded under 50.
    private static double Plddt(ref CounterRandom random, SecondaryState state)
    {
        var (mean, spread) = state switch
        {
            SecondaryState.Helix => (93, 2.0),
            SecondaryState.Strand => (91, 2.5),
            SecondaryState.Loop => (80, 5.0),
            _ => (36, 4.0),
        };
        return mean + (spread * Math.Clamp(random.NextGaussian(), -2.5, 2.5));
    }

    private static List<SyntheticAtom> Atoms(Backbone backbone, int residue, SideChainTemplate template, Vector3[] side)
    {
        var atoms = new List<SyntheticAtom>
        {
            new("N", backbone[residue, Backbone.N]),
            new("CA", backbone[residue, Backbone.Ca]),
            new("C", backbone[residue, Backbone.C]),
            new("O", backbone[residue, Backbone.O]),
        };
        if (template.Letter != 'G')
        {
            atoms.Add(new SyntheticAtom("CB", backbone[residue, Backbone.Cb]));
        }

        atoms.AddRange(side.Select((position, index) => new SyntheticAtom(template.Atoms[index].Name, position)));
        return atoms;
    }
}
