using Ism.Structures;

namespace Ism.Evaluation.Labels;

/// <summary>How secondary structure is assigned.</summary>
public sealed record SecondaryStructureOptions
{
    /// <summary>A pi helix takes residues from an alpha helix, as DSSP 2.1 and later have it; the first DSSP had it the other way
    /// round.</summary>
    public bool PreferPiHelices { get; init; } = true;

    /// <summary>Marks polyproline II stretches of three residues and more as P, as DSSP 4 does; otherwise they are what else they
    /// are, mostly coil.</summary>
    public bool PolyProline { get; init; }
}

/// <summary>
/// Secondary structure in eight states by the rules of Kabsch and Sander (1983) as DSSP 4 applies them: H alpha helix, B isolated bridge,
/// E strand, G 3-10 helix, I pi helix, T turn, S bend, - none (and P where asked for).
/// </summary>
public static class SecondaryStructure
{
    /// <summary>A residue that has no label: its backbone is incomplete, or it is no amino acid of a polymer.</summary>
    public const char Unlabelled = '?';

    /// <summary>The eight states in the order that classes have in evaluations.</summary>
    public const string EightStates = "HBEGITS-";

    /// <summary>The three states: helix, strand, coil.</summary>
    public const string ThreeStates = "HEC";

    private const double BendAbove = 70;

    // DSSP 4: phi -75 ± 29, psi 145 ± 29 degrees over three residues in a row.
    private const double PolyProlinePhi = -75, PolyProlinePsi = 145, PolyProlineWidth = 29;

    /// <summary>The state of each of <see cref="Structure.Residues"/>. All chains count: a strand may pair with one of another.
    /// </summary>
    /// <exception cref="ArgumentException">The structure was read without atom names
    /// (<see cref="StructureReaderOptions.KeepAtomNames"/>).</exception>
    public static char[] Assign(Structure structure, SecondaryStructureOptions? options = null)
    {
        var backbones = Backbones.Of(structure);
        var states = States(backbones, options ?? new());
        var all = new char[structure.Residues.Length];
        all.AsSpan().Fill(Unlabelled);
        for (var i = 0; i < states.Length; i++)
        {
            all[backbones.Residue[i]] = states[i];
        }

        return all;
    }

    /// <summary>Eight states to three: H, G and I are helix, E and B strand, the rest coil; unlabelled stays unlabelled.</summary>
    public static char ToThree(char state) => state switch
    {
        'H' or 'G' or 'I' => 'H',
        'E' or 'B' => 'E',
        Unlabelled => Unlabelled,
        _ => 'C',
    };

    private static char[] States(Backbones backbones, SecondaryStructureOptions options)
    {
        var bonds = new HydrogenBonds(backbones);
        var states = new char[backbones.Count];
        states.AsSpan().Fill('-');
        foreach (var ladder in BetaLadders.Find(backbones, bonds))
        {
            Strand(states, ladder.I, ladder.I.Count > 1);
            Strand(states, ladder.J, ladder.I.Count > 1);
        }

        bool[][] starts = [Turns(backbones, bonds, 3), Turns(backbones, bonds, 4), Turns(backbones, bonds, 5)];
        Helix(states, starts[1], 4, 'H', "HBEGITS-");
        Helix(states, starts[0], 3, 'G', "G-");
        Helix(states, starts[2], 5, 'I', options.PreferPiHelices ? "I-H" : "I-");
        TurnsAndBends(backbones, states, starts);
        if (options.PolyProline)
        {
            MarkPolyProline(backbones, states);
        }

        return states;
    }

    private static void Strand(char[] states, List<int> side, bool ladder)
    {
        for (var i = side[0]; i <= side[^1]; i++)
        {
            states[i] = ladder || states[i] == 'E' ? 'E' : 'B';
        }
    }

    // Where n-turns start: the C=O of a residue bonded to the N-H of the one n further on.
    private static bool[] Turns(Backbones backbones, HydrogenBonds bonds, int length)
    {
        var starts = new bool[backbones.Count];
        for (var i = 0; i + length < starts.Length; i++)
        {
            starts[i] = backbones.Joined(i, i + length) && bonds.Bonded(i + length, i);
        }

        return starts;
    }

    // Two n-turns in a row make a helix of the residues between, where all of them are free to become one.
    private static void Helix(char[] states, bool[] starts, int length, char state, string over)
    {
        for (var i = 1; i + length < states.Length; i++)
        {
            var residues = states.AsSpan(i, length);
            if (starts[i] && starts[i - 1] && !residues.ContainsAnyExcept(over))
            {
                residues.Fill(state);
            }
        }
    }

    private static void TurnsAndBends(Backbones backbones, char[] states, bool[][] starts)
    {
        for (var i = 1; i + 1 < states.Length; i++)
        {
            if (states[i] != '-')
            {
                continue;
            }

            var turn = false;
            for (var kind = 0; kind < starts.Length; kind++)
            {
                for (var back = 1; back < kind + 3 && back <= i; back++)
                {
                    turn |= starts[kind][i - back];
                }
            }

            var bend = !turn && i >= 2 && i + 2 < states.Length && backbones.Joined(i - 2, i + 2)
                && backbones.CA.Angle(i - 2, i, i, i + 2) > BendAbove;
            states[i] = turn ? 'T' : bend ? 'S' : '-';
        }
    }

    private static void MarkPolyProline(Backbones backbones, char[] states)
    {
        var inRegion = new bool[states.Length];
        for (var i = 1; i + 1 < states.Length; i++)
        {
            var (n, ca, c) = (backbones.N, backbones.CA, backbones.C);
            inRegion[i] = backbones.Joined(i - 1, i + 1)
                && Math.Abs(Points.Torsion(c, i - 1, n, i, ca, i, c, i) - PolyProlinePhi) <= PolyProlineWidth
                && Math.Abs(Points.Torsion(n, i, ca, i, c, i, n, i + 1) - PolyProlinePsi) <= PolyProlineWidth;
        }

        for (var i = 1; i + 3 < states.Length; i++)
        {
            if (inRegion[i] && inRegion[i + 1] && inRegion[i + 2])
            {
                for (var j = i; j < i + 3; j++)
                {
                    states[j] = states[j] == '-' ? 'P' : states[j];
                }
            }
        }
    }
}
