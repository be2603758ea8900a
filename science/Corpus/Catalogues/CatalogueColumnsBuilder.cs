using Apache.Arrow;
using Ism.Structures;

namespace Ism.Corpus;

/// <summary>Gathers entries into <see cref="CatalogueColumns"/>, a run at a time.</summary>
internal sealed class CatalogueColumnsBuilder
{
    private readonly Int32Array.Builder _container = new();
    private readonly StringArray.Builder _item = new();
    private readonly Int32Array.Builder _index = new();
    private readonly Int64Array.Builder _offset = new();
    private readonly Int64Array.Builder _length = new();

    /// <summary>Entries gathered since the last <see cref="Build"/>.</summary>
    public int Count => _container.Length;

    /// <summary>Adds one entry.</summary>
    public void Add(StructureEntry entry, Containers containers)
    {
        var (container, item) = containers.Split(entry);
        _container.Append(container);
        _item.Append(item);
        _index.Append(entry.Index);
        _offset.Append(entry.Offset);
        _length.Append(entry.Length);
    }

    /// <summary>The columns of what was added; the builder is empty afterwards.</summary>
    public CatalogueColumns Build()
    {
        IArrowArray[] columns = [_container.Build(), _item.Build(), _index.Build(), _offset.Build(), _length.Build()];
        var batch = new RecordBatch(CatalogueColumns.Schema, columns, Count);
        _container.Clear();
        _item.Clear();
        _index.Clear();
        _offset.Clear();
        _length.Clear();
        return new CatalogueColumns(batch);
    }
}
