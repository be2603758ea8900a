using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Ism.Structures;

namespace Ism.Corpus;

/// <summary>
/// A run of consecutive entries as Arrow columns: container (int32), item (utf8), index (int32), offset and length
/// (int64), as in <see cref="StructureEntry"/>. About 60 bytes an entry.
/// </summary>
internal sealed class CatalogueColumns
{
    /// <summary>Entries of every run but the last.</summary>
    public const int RunLength = 1 << 16;

    /// <summary>The columns' names and types.</summary>
    public static readonly Schema Schema = new(
        [
            new Field("container", Int32Type.Default, nullable: false),
            new Field("item", StringType.Default, nullable: false),
            new Field("index", Int32Type.Default, nullable: false),
            new Field("offset", Int64Type.Default, nullable: false),
            new Field("length", Int64Type.Default, nullable: false),
        ],
        []);

    private readonly Int32Array _container;
    private readonly StringArray _item;
    private readonly Int32Array _index;
    private readonly Int64Array _offset;
    private readonly Int64Array _length;

    /// <summary>Wraps a batch that has <see cref="Schema"/>; keeps it alive.</summary>
    public CatalogueColumns(RecordBatch batch)
    {
        Batch = batch;
        _container = (Int32Array)batch.Column("container");
        _item = (StringArray)batch.Column("item");
        _index = (Int32Array)batch.Column("index");
        _offset = (Int64Array)batch.Column("offset");
        _length = (Int64Array)batch.Column("length");
    }

    /// <summary>The columns as Arrow knows them.</summary>
    public RecordBatch Batch { get; }

    /// <summary>Entries in this run.</summary>
    public int Count => Batch.Length;

    /// <summary>Builds the entry of a row.</summary>
    public StructureEntry Entry(int row, Containers containers)
    {
        var container = containers[_container.Values[row]];
        var item = Encoding.UTF8.GetString(_item.GetBytes(row));
        var (path, member) = container.Archive ? (container.Prefix, item) : (container.Prefix + item, null);
        return new StructureEntry(path, member, _index.Values[row], _offset.Values[row], _length.Values[row]);
    }

    /// <summary>Adds all rows to a catalogue's hash, without making strings.</summary>
    public void AddTo(CanonicalHash hash, Containers containers)
    {
        for (var row = 0; row < Count; row++)
        {
            var container = containers[_container.Values[row]];
            var item = _item.GetBytes(row);
            hash.AddText(container.Utf8, container.Archive ? [] : item);
            hash.AddText(container.Archive ? item : [], isNull: !container.Archive);
            hash.Add(_index.Values[row]);
            hash.Add(_offset.Values[row]);
            hash.Add(_length.Values[row]);
        }
    }
}
