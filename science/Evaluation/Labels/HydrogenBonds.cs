namespace Ism.Evaluation.Labels;

/// <summary>
/// The hydrogen bonds between backbone N-H and C=O groups by their electrostatic energy (Kabsch and Sander 1983): E = 27.888 (1/r(ON) +
/// 1/r(CH) - 1/r(OH) - 1/r(CN)) kcal/mol, a bond below -0.5. Of each donor the two best acceptors are kept. The hydrogen is placed 1 Å
/// from N, opposite to the C=O of the residue before; a proline and a residue after a break have none.
/// </summary>
internal sealed class HydrogenBonds
{
    private const double Coupling = 27.888;
    private const double BondBelow = -0.5;
    private const double Lowest = -9.9;
    private const float ShortestDistance = 0.5f;
    private const float AlphaReach = 9;

    private readonly Backbones _backbones;
    private readonly Points _h;
    private readonly bool[] _hasHydrogen;
    private readonly int[] _first;
    private readonly int[] _second;
    private readonly double[] _firstEnergy;
    private readonly double[] _secondEnergy;

    public HydrogenBonds(Backbones backbones)
    {
        _backbones = backbones;
        var count = backbones.Count;
        (_h, _hasHydrogen) = (new Points(count), new bool[count]);
        (_first, _second, _firstEnergy, _secondEnergy) = (new int[count], new int[count], new double[count], new double[count]);
        _first.AsSpan().Fill(-1);
        _second.AsSpan().Fill(-1);
        PlaceHydrogens();
        Near = FindNear();
        foreach (var (i, j) in Near)
        {
            Consider(i, j);
            if (j != i + 1)
            {
                Consider(j, i);
            }
        }
    }

    /// <summary>Pairs i below j of residues whose C-alphas are within 9 Å, ordered by i, then j.</summary>
    public List<(int I, int J)> Near { get; }

    /// <summary>Whether the N-H of <paramref name="donor"/> is bonded to the C=O of <paramref name="acceptor"/>.</summary>
    public bool Bonded(int donor, int acceptor) =>
        (_first[donor] == acceptor && _firstEnergy[donor] < BondBelow)
        || (_second[donor] == acceptor && _secondEnergy[donor] < BondBelow);

    private void PlaceHydrogens()
    {
        var (n, c, o) = (_backbones.N, _backbones.C, _backbones.O);
        for (var i = 1; i < _backbones.Count; i++)
        {
            var length = Points.Distance(c, i - 1, o, i - 1);
            if (_backbones.IsProline[i] || !_backbones.Joined(i - 1, i) || length == 0)
            {
                continue;
            }

            _hasHydrogen[i] = true;
            _h.X[i] = n.X[i] + ((c.X[i - 1] - o.X[i - 1]) / length);
            _h.Y[i] = n.Y[i] + ((c.Y[i - 1] - o.Y[i - 1]) / length);
            _h.Z[i] = n.Z[i] + ((c.Z[i - 1] - o.Z[i - 1]) / length);
        }
    }

    private List<(int I, int J)> FindNear()
    {
        var ca = _backbones.CA;
        var grid = new CellGrid(ca.X, ca.Y, ca.Z, AlphaReach);
        var near = new List<(int I, int J)>(16 * _backbones.Count);
        var found = new int[64];
        for (var i = 0; i < _backbones.Count; i++)
        {
            var count = grid.Within(ca.X[i], ca.Y[i], ca.Z[i], AlphaReach, ref found);
            var later = found.AsSpan(0, count);
            later.Sort();
            foreach (var j in later)
            {
                if (j > i)
                {
                    near.Add((i, j));
                }
            }
        }

        return near;
    }

    private void Consider(int donor, int acceptor)
    {
        if (!_hasHydrogen[donor])
        {
            return;
        }

        var ho = Points.Distance(_h, donor, _backbones.O, acceptor);
        var hc = Points.Distance(_h, donor, _backbones.C, acceptor);
        var nc = Points.Distance(_backbones.N, donor, _backbones.C, acceptor);
        var no = Points.Distance(_backbones.N, donor, _backbones.O, acceptor);
        var energy = Lowest;
        if (Math.Min(Math.Min(ho, hc), Math.Min(nc, no)) >= ShortestDistance)
        {
            // Three decimals, as the original program keeps them.
            energy = Math.Max(Lowest, Math.Round(Coupling * ((1.0 / no) + (1.0 / hc) - (1.0 / ho) - (1.0 / nc)), 3));
        }

        if (energy < _firstEnergy[donor])
        {
            (_second[donor], _secondEnergy[donor]) = (_first[donor], _firstEnergy[donor]);
            (_first[donor], _firstEnergy[donor]) = (acceptor, energy);
        }
        else if (energy < _secondEnergy[donor])
        {
            (_second[donor], _secondEnergy[donor]) = (acceptor, energy);
        }
    }
}
