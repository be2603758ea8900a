using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace Ism.Corpus;

/// <summary>Arrow IPC files with zstd-compressed buffers: the same batches give the same bytes, and any Arrow reader opens
/// them.</summary>
internal static class ArrowFormat
{
    /// <summary>Writes a whole file. <paramref name="stream"/> stays open.</summary>
    public static void Write(Stream stream, Schema schema, IEnumerable<RecordBatch> batches)
    {
        var options = new IpcOptions
        {
            CompressionCodec = CompressionCodecType.Zstd,
            CompressionCodecFactory = new CompressionCodecFactory(),
        };
        using var writer = new ArrowFileWriter(stream, schema, leaveOpen: true, options);
        writer.WriteStart();
        foreach (var batch in batches)
        {
            writer.WriteRecordBatch(batch);
        }

        writer.WriteEnd();
    }

    /// <summary>Reads a whole file, batch by batch; each batch is the caller's.</summary>
    /// <exception cref="InvalidDataException">The file is no Arrow file, is cut short or damaged; names the file.</exception>
    public static (Schema Schema, List<RecordBatch> Batches) Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            using var reader = new ArrowFileReader(stream, new CompressionCodecFactory());
            var count = reader.RecordBatchCountAsync().AsTask().GetAwaiter().GetResult();
            var batches = new List<RecordBatch>(count);
            for (var index = 0; index < count; index++)
            {
                batches.Add(reader.ReadNextRecordBatch()
                    ?? throw new InvalidDataException($"batch {index} of {count} is missing"));
            }

            return (reader.Schema, batches);
        }
        catch (Exception error) when (error is not (FileNotFoundException or DirectoryNotFoundException
            or UnauthorizedAccessException))
        {
            // Arrow's reader answers damage with whatever exception its parser runs into.
            throw new InvalidDataException(
                $"{path} is not a complete Arrow file ({error.Message}); delete it so that it is made again", error);
        }
    }
}
