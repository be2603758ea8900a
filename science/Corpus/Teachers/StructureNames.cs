using System.IO.Hashing;
using System.Runtime.InteropServices;
using Ism.Structures;

namespace Ism.Corpus.Teachers;

/// <summary>Positions of a catalogue by the structures' names; 16 bytes an entry.</summary>
public sealed class StructureNames
{
    private readonly Catalogue _catalogue;
    private readonly ulong[] _hashes;
    private readonly long[] _positions;

    /// <summary>Reads every name once.</summary>
    public StructureNames(Catalogue catalogue)
    {
        _catalogue = catalogue;
        _hashes = new ulong[catalogue.Count];
        _positions = new long[catalogue.Count];
        for (var position = 0L; position < catalogue.Count; position++)
        {
            (_hashes[position], _positions[position]) = (Hash(catalogue.EntryOf(position).Name), position);
        }

        Array.Sort(_hashes, _positions);
    }

    /// <summary>Where a name is found: the name itself, the name without a structure file's extensions, or, where there is no such
    /// structure, the name before its last '_', with the chain behind it.</summary>
    /// <returns>The positions (several structures of a catalogue may have one name) and the chain that the name says; null: it says
    /// none.</returns>
    public (IReadOnlyList<long> Positions, string? Chain) Find(string name)
    {
        if (Of(name) is { Count: > 0 } whole)
        {
            return (whole, null);
        }

        if (Of(StructureReader.NameOf(name)) is { Count: > 0 } stem)
        {
            return (stem, null);
        }

        var cut = name.LastIndexOf('_');
        return cut > 0 && Of(StructureReader.NameOf(name[..cut])) is { Count: > 0 } before ? (before, name[(cut + 1)..]) : ([], null);
    }

    private List<long> Of(string name)
    {
        var found = new List<long>();
        var hash = Hash(name);
        var at = Array.BinarySearch(_hashes, hash);
        if (at < 0)
        {
            return found;
        }

        while (at > 0 && _hashes[at - 1] == hash)
        {
            at--;
        }

        for (; at < _hashes.Length && _hashes[at] == hash; at++)
        {
            if (_catalogue.EntryOf(_positions[at]).Name == name)
            {
                found.Add(_positions[at]);
            }
        }

        found.Sort();
        return found;
    }

    private static ulong Hash(string name) => XxHash64.HashToUInt64(MemoryMarshal.AsBytes(name.AsSpan()));
}
