using System.Numerics;
using Ism.Structures.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>
/// Chooses amino acids and rotamers for a backbone, the most buried places first. An amino acid none of whose rotamers fits is
/// drawn again, and becomes alanine after some draws: C-beta fits everywhere, because the backbone was built with it.
/// </summary>
internal sealed class SideChainPacker
{
    private const int Draws = 5;
    private const int Alanine = 0, Proline = 12;
    private const float NeighbourCutoff = 16;
    private const float ExposureRadius = 13;

    private readonly Backbone _backbone;
    private readonly SecondaryState[] _states;
    private readonly Vector3[][] _side;
    private readonly int[] _aminoAcids;
    private readonly List<int> _neighbours = [];

    private SideChainPacker(Backbone backbone, SecondaryState[] states)
    {
        _backbone = backbone;
        _states = states;
        _side = new Vector3[backbone.Count][];
        _aminoAcids = new int[backbone.Count];
    }

    /// <summary>Burial of every residue, its amino acid's index, and its atoms beyond C-beta.</summary>
    public static (double[] Burial, int[] AminoAcids, Vector3[][] Side) Pack(Backbone backbone, SecondaryState[] states,
        ref CounterRandom random)
    {
        var packer = new SideChainPacker(backbone, states);
        var burial = packer.Burial();
        var order = Enumerable.Range(0, backbone.Count).OrderByDescending(residue => burial[residue]).ToArray();
        foreach (var residue in order)
        {
            packer.Place(residue, burial[residue], ref random);
        }

        return (burial, packer._aminoAcids, packer._side);
    }

    // Half-sphere exposure (Hamelryck 2005): C-alphas within 13 Å on the side chain's side; 4 is exposed, 18 buried.
    private double[] Burial()
    {
        var burial = new double[_backbone.Count];
        for (var residue = 0; residue < burial.Length; residue++)
        {
            var ca = _backbone[residue, Backbone.Ca];
            var direction = _backbone[residue, Backbone.Cb] - ca;
            var count = 0;
            for (var other = 0; other < burial.Length; other++)
            {
                var between = _backbone[other, Backbone.Ca] - ca;
                count += other != residue && between.LengthSquared() < ExposureRadius * ExposureRadius
                    && Vector3.Dot(between, direction) > 0 ? 1 : 0;
            }

            burial[residue] = Math.Clamp((count - 4) / 14.0, 0, 1);
        }

        return burial;
    }

    private void Place(int residue, double burial, ref CounterRandom random)
    {
        FindNeighbours(residue);
        var phi = _backbone.Torsions(residue).Phi;
        for (var draw = 0; draw < Draws; draw++)
        {
            var aminoAcid = Propensities.Draw(ref random, _states[residue], burial, phi, ProlineFits(residue));
            if (TryRotamers(residue, aminoAcid, ref random))
            {
                return;
            }
        }

        _aminoAcids[residue] = Alanine;
        _side[residue] = [];
        _backbone.PlaceBeta(residue, proline: false);
    }

    // A proline's ring holds phi near -65 and takes the place of the hydrogen that a helix needs.
    private bool ProlineFits(int residue) => residue > 0 && _backbone.Torsions(residue).Phi is > -78 and < -50
        && _states[residue] is (SecondaryState.Loop or SecondaryState.Disordered) && _states[residue - 1] != SecondaryState.Helix;

    private bool TryRotamers(int residue, int aminoAcid, ref CounterRandom random)
    {
        var template = SideChainTemplate.All[aminoAcid];
        _aminoAcids[residue] = aminoAcid;
        _side[residue] = [];
        _backbone.PlaceBeta(residue, aminoAcid == Proline);
        if (template.Atoms.Count == 0)
        {
            return true;
        }

        // Weighted order without replacement: the smallest of exponential deviates divided by the weights.
        var keys = new double[template.Rotamers.Count];
        for (var index = 0; index < keys.Length; index++)
        {
            keys[index] = -Math.Log(1 - random.NextDouble()) / template.Rotamers[index].Weight;
        }

        var spread = aminoAcid == Proline ? 0 : 5;
        Span<float> chi = stackalloc float[4];
        foreach (var index in Enumerable.Range(0, keys.Length).OrderBy(index => keys[index]))
        {
            for (var angle = 0; angle < template.Rotamers[index].Chi.Length; angle++)
            {
                chi[angle] = template.Rotamers[index].Chi[angle] + (spread * (float)Math.Clamp(random.NextGaussian(), -2, 2));
            }

            var atoms = Build(residue, template, chi);
            if (Fits(residue, template, atoms))
            {
                _side[residue] = atoms;
                return true;
            }
        }

        return false;
    }

    private Vector3[] Build(int residue, SideChainTemplate template, ReadOnlySpan<float> chi)
    {
        var atoms = new Vector3[template.Atoms.Count];
        for (var index = 0; index < atoms.Length; index++)
        {
            var atom = template.Atoms[index];
            var torsion = atom.Offset + (atom.Chi == 0 ? 0 : chi[atom.Chi - 1]);
            atoms[index] = InternalCoordinates.Place(At(atom.A), At(atom.B), At(atom.C), atom.Length, atom.Angle, torsion);
        }

        return atoms;

        Vector3 At(int atom) => atom < SideChainTemplate.FirstSideAtom
            ? _backbone[residue, atom]
            : atoms[atom - SideChainTemplate.FirstSideAtom];
    }

    private void FindNeighbours(int residue)
    {
        _neighbours.Clear();
        for (var other = 0; other < _backbone.Count; other++)
        {
            if (other != residue && Vector3.DistanceSquared(_backbone[residue, Backbone.Ca], _backbone[other, Backbone.Ca])
                < NeighbourCutoff * NeighbourCutoff)
            {
                _neighbours.Add(other);
            }
        }
    }

    private bool Fits(int residue, SideChainTemplate template, Vector3[] atoms)
    {
        foreach (var other in _neighbours)
        {
            // The ring of proline is bonded to N: two or three bonds from CA, C and O of the residue before.
            var bonded = template.Letter == 'P' && other == residue - 1;
            for (var index = 0; index < atoms.Length; index++)
            {
                if (TooClose(atoms[index], template.Atoms[index].Polar, other, bonded))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool TooClose(Vector3 atom, bool polar, int other, bool bonded)
    {
        for (var index = 0; index <= Backbone.Cb; index++)
        {
            var skipped = bonded && index is (Backbone.Ca or Backbone.C or Backbone.O);
            if (!skipped && Near(_backbone[other, index], index is Backbone.N or Backbone.O))
            {
                return true;
            }
        }

        var side = _side[other] ?? [];
        for (var index = 0; index < side.Length; index++)
        {
            if (Near(side[index], SideChainTemplate.All[_aminoAcids[other]].Atoms[index].Polar))
            {
                return true;
            }
        }

        return false;

        bool Near(Vector3 position, bool otherPolar)
        {
            var least = Backbone.LeastDistance(polar && otherPolar, polar || otherPolar);
            return Vector3.DistanceSquared(atom, position) < least * least;
        }
    }
}
