using System.Globalization;
using System.Text;

namespace Ism.Structures.Tests.Reading;

/// <summary>Small structures written by hand as text, for tests that need one particular oddity.</summary>
internal static class TextStructures
{
    /// <summary>Reads anything with at least one residue, side chains or not.</summary>
    public static StructureReaderOptions Lenient { get; } =
        new() { MinLength = 1, MinSideChainShare = 0, MaxUnknownShare = 1 };

    /// <summary>One PDB atom record.</summary>
    public static string Atom(
        string name, string residue, int number, double x, double y, double z, string chain = "A", char altloc = ' ',
            char insertion = ' ',
        double occupancy = 1, double b = 20, string? element = null, bool hetero = false)
    {
        var field = name.Length == 4 ? name : $" {name,-3}";
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{(hetero ? "HETATM" : "ATOM  ")}{1,5} {field}{altloc}{residue,3} {chain}{number,4}{insertion}   "
            + $"{x,8:f3}{y,8:f3}{z,8:f3}{occupancy,6:f2}{b,6:f2}");
        return element is null ? line + "\n" : $"{line}          {element,2}\n";
    }

    /// <summary>The five atoms of an alanine, or as many of another residue, 3.8 Å after the one before.</summary>
    public static string Residue(
        string name, int number, string chain = "A", char altloc = ' ', char insertion = ' ', double occupancy = 1, double b = 20,
        bool hetero = false, double? at = null)
    {
        var x = at ?? 3.8 * number;
        var text = new StringBuilder();
        foreach (var (atom, dx, dy) in new[] { ("N", -1.2, 0.5), ("CA", 0.0, 0.0), ("C", 1.3, 0.6), ("O", 1.3, 1.8),
            ("CB", 0.0, -1.5) })
        {
            text.Append(Atom(atom, name, number, x + dx, dy, 0, chain, altloc, insertion, occupancy, b, atom[..1], hetero));
        }

        return text.ToString();
    }

    /// <summary>Alanines numbered from <paramref name="first"/>.</summary>
    public static string Alanines(int count, int first = 1, string chain = "A") =>
        string.Concat(Enumerable.Range(first, count).Select(number => Residue("ALA", number, chain)));

    public static Structure Read(string text, string name = "test.pdb", StructureReaderOptions? options = null) =>
        StructureReader.Read(new MemoryStream(Encoding.Latin1.GetBytes(text)), name, options ?? Lenient);

    public static StructureRefusedException Refused(string text, string name = "test.pdb",
        StructureReaderOptions? options = null) =>
        Assert.Throws<StructureRefusedException>(() => Read(text, name, options));

    public static bool Notes(this Structure structure, string fragment) =>
        structure.Notes.Any(note => note.Contains(fragment, StringComparison.Ordinal));
}
