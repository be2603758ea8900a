using System.Globalization;
using System.Text;
using Ism.Structures;

namespace Ism.Evaluation.Atlas;

/// <summary>
/// Whole structures as mmCIF files with their tokens: in the B-factor column, -1 where there is none, and as a category
/// <c>ism_token</c> with each residue's token and colour, which Mol* colours by. What the atlas has most typical of each token is in them.
/// </summary>
public static class TokenStructureFiles
{
    /// <summary>Folder of the files in the atlas's.</summary>
    public const string Folder = "structures";

    /// <summary>How their names end, so that they are not taken for the structures themselves.</summary>
    public const string Ending = ".tokens.cif";

    /// <summary>The category with a row a residue.</summary>
    public const string Category = "ism_token";

    // What is in no chain (ligands, nucleotides, chains that were left out).
    private const string Others = "het";

    private static readonly string[] AtomColumns =
    [
        "group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id", "label_asym_id", "label_entity_id", "label_seq_id",
        "pdbx_PDB_ins_code", "Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv", "auth_seq_id", "auth_comp_id", "auth_asym_id",
        "auth_atom_id", "pdbx_PDB_model_num",
    ];

    /// <summary>The structures that hold the most typical residue of each token, by the name of their file, in the order of tokens.</summary>
    public static IReadOnlyList<(string File, TokenisedStructure Structure)> Of(TokenAtlas atlas)
    {
        var files = new List<(string File, TokenisedStructure Structure)>();
        for (var token = 0; token < atlas.Tokens; token++)
        {
            if (atlas.Typical[token] is [var first, ..] && !files.Exists(known => ReferenceEquals(known.Structure, first.Of)))
            {
                var name = string.Concat(first.Of.Structure.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
                var free = Enumerable.Range(1, int.MaxValue).Select(n => n == 1 ? name : FormattableString.Invariant($"{name}-{n}"))
                    .First(candidate => !files.Exists(known => string.Equals(known.File, candidate + Ending, StringComparison.OrdinalIgnoreCase)));
                files.Add((free + Ending, first.Of));
            }
        }

        return files;
    }

    /// <summary>Writes them into a folder.</summary>
    public static void Write(string folder, TokenAtlas atlas)
    {
        Directory.CreateDirectory(folder);
        foreach (var (file, structure) in Of(atlas))
        {
            File.WriteAllText(Path.Combine(folder, file), Cif(structure));
        }
    }

    /// <summary>A structure as the text of an mmCIF file.</summary>
    public static string Cif(TokenisedStructure tokenised)
    {
        var structure = tokenised.Structure;
        var text = new StringBuilder("data_tokens\n#\n_struct.title ").Append(Quoted($"{structure.Name}, structure tokens as B-factors")).Append("\n#\n");
        text.Append("loop_\n_entity.id\n_entity.type\n1 polymer\n2 non-polymer\n#\n");
        var places = Places(structure);
        text.Append("loop_\n").AppendJoin('\n', ((string[])["auth_asym_id", "auth_seq_id", "pdbx_PDB_ins_code", "token", "color", "tooltip"])
            .Select(column => $"_{Category}.{column}")).Append('\n');
        for (var r = 0; r < places.Length; r++)
        {
            ref readonly var residue = ref structure.Residues[r];
            if (tokenised.Tokens[r] is >= 0 and var token)
            {
                text.Append(CultureInfo.InvariantCulture, $"{ChainOf(structure, residue)} {residue.Number} {Code(residue)} {token} ")
                    .Append(CultureInfo.InvariantCulture, $"'{TokenPalette.Hex(token)}' 'token {token}'\n");
            }
        }

        text.Append("#\nloop_\n").AppendJoin('\n', AtomColumns.Select(column => $"_atom_site.{column}")).Append('\n');
        for (var atom = 0; atom < structure.Atoms.Count; atom++)
        {
            Atom(text, tokenised, atom, places[structure.Atoms.Residue[atom]]);
        }

        return text.Append("#\n").ToString();
    }

    private static void Atom(StringBuilder text, TokenisedStructure tokenised, int atom, int place)
    {
        var atoms = tokenised.Structure.Atoms;
        ref readonly var residue = ref tokenised.Structure.Residues[atoms.Residue[atom]];
        var name = AtomNames.Text(atoms.Names![atom]);
        var (quoted, chain, comp) = (Quoted(name), ChainOf(tokenised.Structure, residue), Quoted(residue.Name));
        var inChain = residue.Chain >= 0;
        text.Append(inChain ? "ATOM" : "HETATM")
            .Append(CultureInfo.InvariantCulture, $" {atom + 1} {EnvironmentFiles.Symbol(atoms.Element(atom), name)} {quoted} . {comp} {chain} ")
            .Append(inChain ? "1 " : "2 ").Append(inChain ? place.ToString(CultureInfo.InvariantCulture) : ".")
            .Append(CultureInfo.InvariantCulture, $" {Code(residue)} {atoms.X[atom]:F3} {atoms.Y[atom]:F3} {atoms.Z[atom]:F3} 1.00 ")
            .Append(CultureInfo.InvariantCulture, $"{tokenised.Tokens[atoms.Residue[atom]]:F2} {residue.Number} {comp} {chain} {quoted} 1\n");
    }

    // 1-based place of every residue in its chain; 0 outside of chains.
    private static int[] Places(Structure structure)
    {
        var places = new int[structure.Residues.Length];
        foreach (var chain in structure.Chains)
        {
            for (var i = 0; i < chain.Length; i++)
            {
                places[chain.ResidueIndices[i]] = i + 1;
            }
        }

        return places;
    }

    private static string ChainOf(Structure structure, in Residue residue) =>
        residue.Chain >= 0 ? Quoted(structure.Chains[residue.Chain].Id) : Others;

    private static string Code(in Residue residue) => residue.InsertionCode == ' ' ? "?" : Quoted(residue.InsertionCode.ToString());

    // A CIF value: bare where nothing in it means anything, else in the quotes that it does not have.
    private static string Quoted(string value)
    {
        var clean = string.Concat(value.Select(c => c is >= ' ' and <= '~' ? c : '_'));
        var bare = clean.Length > 0 && clean.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' or '*' or '.' or '_' or '\'')
            && char.IsAsciiLetterOrDigit(clean[0]) && !clean.StartsWith("data_", StringComparison.OrdinalIgnoreCase);
        return bare ? clean : clean.Contains('"') ? $"'{clean.Replace('\'', '_')}'" : $"\"{clean}\"";
    }
}
