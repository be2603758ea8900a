using System.Globalization;
using System.Text;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>
/// Microenvironments as PDB files, which PyMOL, Mol* and others open, in the axes of the drawings (<see cref="ResidueFrame"/>): those of a
/// token lie on top of each other. Chains, residues and numbers are the structure's, so that a place can be found in it. The masked
/// residue's atoms have occupancy 0, the others 1; the B-factor is the token of the atom's residue, -1 where it has none.
/// </summary>
public static class EnvironmentFiles
{
    /// <summary>Folder of the files in the atlas's.</summary>
    public const string Folder = "environments";

    // Symbols of two letters that ions and modified residues bring; element X stands for all of them.
    private static readonly HashSet<string> TwoLetters = ["ZN", "MG", "CA", "NA", "CL", "BR", "FE", "MN", "CU", "CO", "NI", "SE", "CD", "HG", "LI", "AL", "SI"];
    private static readonly HashSet<string> OneLetter = ["F", "I", "K", "B", "V", "W", "U"];

    /// <summary>File of a token's typical residue, by its place among them.</summary>
    public static string Name(int token, int place) => string.Create(CultureInfo.InvariantCulture, $"token-{token:D3}-{place + 1}.pdb");

    /// <summary>Writes the files of all tokens into a folder.</summary>
    public static void Write(string folder, TokenAtlas atlas)
    {
        Directory.CreateDirectory(folder);
        for (var token = 0; token < atlas.Tokens; token++)
        {
            for (var place = 0; place < atlas.Typical[token].Count; place++)
            {
                File.WriteAllText(Path.Combine(folder, Name(token, place)), Pdb(atlas.Typical[token][place], token));
            }
        }
    }

    /// <summary>A microenvironment as the text of a PDB file.</summary>
    public static string Pdb(TypicalResidue typical, int token)
    {
        var structure = typical.Of.Structure;
        var chains = new ChainLetters(structure);
        var text = new StringBuilder();
        Remark(text, string.Create(CultureInfo.InvariantCulture, $"STRUCTURE TOKEN {token}"));
        Remark(text, $"MASKED RESIDUE {typical.Label} (OCCUPANCY 0)");
        Remark(text, "B-FACTOR: TOKEN OF THE RESIDUE, -1 FOR NONE");
        var view = EnvironmentView.Of(typical);
        foreach (var (id, letter) in chains.Renamed)
        {
            Remark(text, $"CHAIN {letter} IS {id} IN {structure.Name}");
        }

        // In the order of the structure, so that residues stay whole and the masked one has its place.
        var serial = 0;
        foreach (var atom in view.Atoms.OrderBy(atom => atom.Atom))
        {
            var index = structure.Atoms.Residue[atom.Atom];
            Atom(text, ++serial, structure, atom, chains[structure.Residues[index].Chain], typical.Of.Tokens[index]);
        }

        return text.Append("END\n").ToString();
    }

    /// <summary>Id of the masked residue's chain in the file.</summary>
    public static string ChainLetter(TypicalResidue typical)
    {
        var structure = typical.Of.Structure;
        return new ChainLetters(structure)[structure.Residues[typical.Residue].Chain].ToString();
    }

    private static void Remark(StringBuilder text, string what)
    {
        foreach (var line in Ascii(what).Chunk(68))
        {
            text.Append("REMARK   1 ").Append(line).Append('\n');
        }
    }

    // wwPDB format 3.3. Numbers beyond four digits wrap round; coordinates are at most some ten Å.
    private static void Atom(StringBuilder text, int serial, Structure structure, ViewedAtom atom, char chain, int token)
    {
        ref readonly var residue = ref structure.Residues[structure.Atoms.Residue[atom.Atom]];
        var full = AtomNames.Text(structure.Atoms.Names![atom.Atom]);
        var name = Ascii(full.Length > 4 ? full[..4] : full);
        var element = Symbol(atom.Element, name);
        var field = name.Length < 4 && element.Length == 1 ? $" {name}" : name;
        var number = residue.Number is > -1000 and < 10000 ? residue.Number : residue.Number % 1000;
        var residueName = Ascii(residue.Name.Length > 3 ? residue.Name[..3] : residue.Name);
        text.Append(residue.Chain >= 0 ? "ATOM  " : "HETATM")
            .Append(CultureInfo.InvariantCulture, $"{serial % 100000,5} {field,-4} {residueName,3} {chain}{number,4}{residue.InsertionCode}   ")
            .Append(CultureInfo.InvariantCulture, $"{atom.At.X,8:F3}{atom.At.Y,8:F3}{atom.At.Z,8:F3}{(atom.Masked ? 0 : 1),6:F2}{BFactor(token),6}")
            .Append(CultureInfo.InvariantCulture, $"          {element,2}\n");
    }

    // Six columns hold two decimals up to 999.
    private static string BFactor(int token) => token.ToString(token < 1000 ? "F2" : "F0", CultureInfo.InvariantCulture);

    /// <summary>An element's symbol; of those that count as X by the atom's name.</summary>
    public static string Symbol(ElementType element, string name)
    {
        if (element != ElementType.X)
        {
            return element.ToString();
        }

        var letters = string.Concat(name.Where(char.IsAsciiLetter)).ToUpperInvariant();
        return letters.Length > 1 && TwoLetters.Contains(letters[..2]) ? letters[..2]
            : letters.Length > 0 && OneLetter.Contains(letters[..1]) ? letters[..1]
            : "X";
    }

    private static string Ascii(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c : '_'));

    // A chain's id in the one column that PDB has for it.
    private sealed class ChainLetters
    {
        private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        private readonly char[] _letters;

        public ChainLetters(Structure structure)
        {
            var ids = Array.ConvertAll(structure.Chains, chain => chain.Id);
            var free = new Queue<char>(Letters.Except(ids.Where(id => id.Length == 1).Select(id => id[0])));
            _letters = Array.ConvertAll(ids, id => id.Length == 1 && id[0] is > ' ' and <= '~' ? id[0] : free.Count > 0 ? free.Dequeue() : '?');
            Renamed = [.. ids.Zip(_letters).Where(pair => pair.First != pair.Second.ToString())];
        }

        public IReadOnlyList<(string Id, char Letter)> Renamed { get; }

        // What is in no chain of its own (ligands, nucleotides, chains that were left out) has none here.
        public char this[int chain] => chain >= 0 ? _letters[chain] : ' ';
    }
}
