using System.Text;
using Ism.Structures;

namespace Ism.Corpus;

/// <summary>
/// The folders and archives of a catalogue, each kept once: an entry is a container and an item in it, so that millions of
/// entries do not repeat their folder's name.
/// </summary>
internal sealed class Containers
{
    private readonly List<Container> _containers = [];
    private readonly Dictionary<(string Prefix, bool Archive), int> _indices = [];

    /// <summary>Number of containers.</summary>
    public int Count => _containers.Count;

    /// <summary>The container with an index.</summary>
    public Container this[int index] => _containers[index];

    /// <summary>Splits an entry into its container's index and the item's name inside it.</summary>
    public (int Container, string Item) Split(StructureEntry entry)
    {
        if (entry.Member is not null)
        {
            return (IndexOf(entry.Path, archive: true), entry.Member);
        }

        var cut = entry.Path.LastIndexOf('/') + 1;
        return (IndexOf(entry.Path[..cut], archive: false), entry.Path[cut..]);
    }

    /// <summary>Index of a container, added when it is new.</summary>
    public int IndexOf(string prefix, bool archive)
    {
        if (_containers.Count > 0 && _containers[^1] is var last && last.Archive == archive && last.Prefix == prefix)
        {
            return _containers.Count - 1;
        }

        if (!_indices.TryGetValue((prefix, archive), out var index))
        {
            index = _containers.Count;
            _containers.Add(new Container(prefix, Encoding.UTF8.GetBytes(prefix), archive));
            _indices.Add((prefix, archive), index);
        }

        return index;
    }
}

/// <summary>A folder with its closing slash, or an archive's path.</summary>
internal sealed record Container(string Prefix, byte[] Utf8, bool Archive);
