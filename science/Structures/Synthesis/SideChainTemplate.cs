using System.Globalization;

namespace Ism.Structures.Synthesis;

/// <summary>An atom beyond C-beta: its name and how it is placed from three earlier atoms.</summary>
/// <param name="Name">PDB atom name.</param>
/// <param name="A">First atom of the torsion A-B-C-atom, as an index (see <see cref="SideChainTemplate.FirstSideAtom"/>).</param>
/// <param name="B">Second atom.</param>
/// <param name="C">Third atom: the one it is bonded to.</param>
/// <param name="Length">Bond length in Å.</param>
/// <param name="Angle">Angle B-C-atom in degrees.</param>
/// <param name="Chi">Which chi angle the torsion follows (1 to 4), or 0 for none.</param>
/// <param name="Offset">Degrees added to that chi angle; the torsion itself when <paramref name="Chi"/> is 0.</param>
internal readonly record struct SideAtom(string Name, int A, int B, int C, float Length, float Angle, int Chi, float Offset)
{
    /// <summary>Nitrogen or oxygen.</summary>
    public bool Polar => Name[0] is 'N' or 'O';
}

/// <summary>A common conformation of a side chain.</summary>
internal readonly record struct Rotamer(double Weight, float[] Chi);

/// <summary>The heavy atoms of an amino acid beyond C-beta, and its rotamers.</summary>
internal sealed class SideChainTemplate
{
    /// <summary>Index of the first atom beyond N, CA, C, O and CB.</summary>
    public const int FirstSideAtom = 5;

    private static readonly string[] BackboneNames = ["N", "CA", "C", "O", "CB"];

    private SideChainTemplate(char letter, string code, string atoms, string rotamers)
    {
        Letter = letter;
        Code = code;
        var names = new List<string>(BackboneNames);
        var parsed = new List<SideAtom>();
        foreach (var line in atoms.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var f = line.Split(' ');
            var chi = f[6].StartsWith('c') ? f[6][1] - '0' : 0;
            var offset = chi == 0 ? Number(f[6]) : f[6].Length == 2 ? 0 : Number(f[6][2..]);
            parsed.Add(new SideAtom(f[0], names.IndexOf(f[1]), names.IndexOf(f[2]), names.IndexOf(f[3]), Number(f[4]),
                Number(f[5]), chi, offset));
            names.Add(f[0]);
        }

        Atoms = [.. parsed];
        Rotamers = [.. rotamers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split(':'))
            .Select(parts => new Rotamer(Number(parts[0]), [.. parts[1].Split(',').Select(Number)]))];
    }

    /// <summary>All twenty, in the order of "ACDEFGHIKLMNPQRSTVWY".</summary>
    public static IReadOnlyList<SideChainTemplate> All { get; } = [.. SideChainTable.Rows
        .Select(row => new SideChainTemplate(row.Letter, row.Code, row.Atoms, row.Rotamers))];

    /// <summary>One-letter code.</summary>
    public char Letter { get; }

    /// <summary>Three-letter code.</summary>
    public string Code { get; }

    /// <summary>Atoms beyond C-beta, each after those it is placed from.</summary>
    public IReadOnlyList<SideAtom> Atoms { get; }

    /// <summary>Common conformations with their weights; empty when there are no atoms beyond C-beta.</summary>
    public IReadOnlyList<Rotamer> Rotamers { get; }

    private static float Number(string text) => float.Parse(text, CultureInfo.InvariantCulture);
}
