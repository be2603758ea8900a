namespace Ism.Structures;

/// <summary>
/// Names of atoms as numbers, as <see cref="AtomTable.Names"/> has them: up to eight ASCII letters, the first in the lowest byte; a
/// longer name as a hash.
/// </summary>
public static class AtomNames
{
    /// <summary>The backbone's nitrogen.</summary>
    public static readonly ulong N = PackedName.Pack("N");

    /// <summary>C-alpha.</summary>
    public static readonly ulong CA = PackedName.Pack("CA");

    /// <summary>The backbone's carbonyl carbon.</summary>
    public static readonly ulong C = PackedName.Pack("C");

    /// <summary>The backbone's oxygen.</summary>
    public static readonly ulong O = PackedName.Pack("O");

    /// <summary>The second oxygen of a chain's last residue.</summary>
    public static readonly ulong Oxt = PackedName.Pack("OXT");

    /// <summary>C-beta.</summary>
    public static readonly ulong CB = PackedName.Pack("CB");

    /// <summary>The number of a name.</summary>
    public static ulong Pack(string name) => PackedName.Pack(name);

    /// <summary>The text of a name.</summary>
    public static string Text(ulong name) => PackedName.Text(name);
}
