using System.Globalization;
using System.Threading.Channels;

namespace Ism.GpuTrainer.Boards;

/// <summary>
/// A TensorBoard event file of one stage, written beside the steps: they leave their numbers and go on, a task of its own writes. A disk that
/// refuses costs what could not be written, and is told once. Each writer begins a file of its own; TensorBoard reads all of a folder.
/// </summary>
/// <param name="folder">Folder of the stage; made with the first numbers.</param>
/// <param name="firstStep">The step that comes first: of what earlier files say, it and what follows is done again.</param>
/// <param name="warn">Takes words about a disk that refuses.</param>
internal sealed class EventFile(string folder, long firstStep, Action<string> warn) : IAsyncDisposable, IDisposable
{
    private const int MostKept = 4096;
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(2);
    private static int _made;
    private readonly Channel<Numbers> _queue = Channel.CreateBounded<Numbers>(
        new BoundedChannelOptions(MostKept) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private Task? _writing;
    private Stream? _file;
    private DateTime _notBefore;
    private bool _failing;

    private readonly record struct Numbers(double Time, long Step, (string Tag, double Value)[] Values);

    /// <summary>Opens a file for writing; tests put a disk that refuses there.</summary>
    public Func<string, Stream> Create { get; init; } =
        path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);

    /// <summary>Leaves numbers for a step; never waits. For one thread.</summary>
    public void Add(long step, IEnumerable<(string Tag, double Value)> values)
    {
        _queue.Writer.TryWrite(new Numbers(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0, step, [.. values]));
        _writing ??= Task.Run(WriteAllAsync);
    }

    /// <summary>Lets what is left be written, if that takes no longer than two seconds.</summary>
    public void Dispose()
    {
        _queue.Writer.TryComplete();
        _writing?.Wait(EndWithin);
    }

    /// <summary>As <see cref="Dispose"/>, however long it takes.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await (_writing ?? Task.CompletedTask);
    }

    private async Task WriteAllAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            var batch = new List<Numbers>();
            while (batch.Count < MostKept && _queue.Reader.TryRead(out var numbers))
            {
                batch.Add(numbers);
            }

            if (DateTime.UtcNow >= _notBefore)
            {
                Write(batch);
            }
        }

        _file?.Dispose();
    }

    private void Write(List<Numbers> batch)
    {
        try
        {
            _file ??= Open(batch[0].Time);
            Append(_file, [.. Records(batch)]);
            if (_failing)
            {
                _failing = false;
                warn($"event files in {folder} are written again");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _notBefore = DateTime.UtcNow + TryAgainAfter;
            if (!_failing)
            {
                _failing = true;
                warn($"an event file in {folder} cannot be written: {e.Message}. Steps go on; their numbers are missing there, and stand in "
                    + "metrics.jsonl. Make room on the disk or the folder writable");
            }
        }
    }

    private static List<byte> Records(List<Numbers> batch)
    {
        var records = new List<byte>();
        batch.ForEach(numbers => EventRecord.Scalars(records, numbers.Time, numbers.Step, numbers.Values));
        return records;
    }

    private Stream Open(double time)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(
            CultureInfo.InvariantCulture,
            $"events.out.tfevents.{(long)time:D10}.{Environment.MachineName}.{Environment.ProcessId}.{Interlocked.Increment(ref _made)}");
        var path = Path.Combine(folder, name);
        var file = Create(path);
        try
        {
            var head = new List<byte>();
            EventRecord.Version(head, time);
            EventRecord.Restart(head, time, firstStep);
            Append(file, [.. head]);
            return file;
        }
        catch
        {
            file.Dispose();
            File.Delete(path);
            throw;
        }
    }

    // Whole records or none: a reader stops at one that was cut short.
    private static void Append(Stream file, byte[] records)
    {
        var end = file.Length;
        try
        {
            file.Write(records);
            file.Flush();
        }
        catch
        {
            file.SetLength(end);
            file.Seek(end, SeekOrigin.Begin);
            throw;
        }
    }
}
