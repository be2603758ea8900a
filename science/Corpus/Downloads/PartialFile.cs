using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Ism.Corpus.Downloads;

/// <summary>
/// A file that is being fetched: its bytes in <c>.part</c>, and in <c>.part.json</c> which of them are there and of which
/// version of the file. Both outlive the process, so that the next one goes on. Thread-safe for different parts.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const long SaveEvery = 16L << 20;

    private readonly DownloadItem _item;
    private readonly SafeFileHandle _handle;
    private readonly Lock _lock = new();
    private long _unsaved;

    private PartialFile(DownloadItem item, SafeFileHandle handle, PartialState state) =>
        (_item, _handle, State) = (item, handle, state);

    /// <summary>Which version of the file, and what is there of it.</summary>
    public PartialState State { get; private set; }

    /// <summary>Bytes that are there.</summary>
    public long Done => State.Parts.Sum(p => p.Done);

    private string Beside => _item.Path + ".part";

    /// <summary>Opens what an earlier try has left, or begins.</summary>
    public static PartialFile Open(DownloadItem item)
    {
        var state = Read(item);
        var path = item.Path + ".part";
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var handle = File.OpenHandle(path, state is null ? FileMode.Create : FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        return new PartialFile(item, handle, state ?? new PartialState(item.Source.AbsoluteUri, null, null, []));
    }

    /// <summary>Forgets what is there and begins with the version that the server has now.</summary>
    public void Restart(string? validator, long? length, IEnumerable<Part> parts)
    {
        State = new PartialState(_item.Source.AbsoluteUri, validator, length, [.. parts]);
        SetLength(0);
        Save();
    }

    /// <summary>Writes behind what a part has, and takes note of it.</summary>
    public async Task WriteAsync(Part part, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        await RandomAccess.WriteAsync(_handle, data, part.Start + part.Done, cancellation);
        bool due;
        lock (_lock)
        {
            part.Done += data.Length;
            _unsaved += data.Length;
            due = _unsaved >= SaveEvery;
            _unsaved = due ? 0 : _unsaved;
        }

        if (due)
        {
            Save();
        }
    }

    /// <summary>The length is known now that all is there.</summary>
    public void Complete(long length)
    {
        SetLength(length);
        RandomAccess.FlushToDisk(_handle);
    }

    /// <summary>Writes down what is there. A version without a validator cannot be gone on with, so nothing is kept of
    /// it.</summary>
    public void Save()
    {
        if (State.Validator is null)
        {
            return;
        }

        lock (_lock)
        {
            RandomAccess.FlushToDisk(_handle);
            DurableFile.Write(Beside + ".json", stream => JsonSerializer.Serialize(stream, State));
        }
    }

    /// <summary>Gives the file its name.</summary>
    public void Publish()
    {
        _handle.Dispose();
        File.Move(Beside, _item.Path, overwrite: true);
        File.Delete(Beside + ".json");
    }

    /// <summary>Throws away what is there.</summary>
    public void Discard()
    {
        _handle.Dispose();
        File.Delete(Beside);
        File.Delete(Beside + ".json");
    }

    public void Dispose() => _handle.Dispose();

    // Not everything that can be written to can be cut.
    private void SetLength(long length)
    {
        if (RandomAccess.GetLength(_handle) != length)
        {
            RandomAccess.SetLength(_handle, length);
        }
    }

    private static PartialState? Read(DownloadItem item)
    {
        try
        {
            var path = item.Path + ".part";
            var state = JsonSerializer.Deserialize<PartialState>(File.ReadAllBytes(path + ".json"));
            var size = new FileInfo(path).Length;
            var sound = state is { Validator: not null, Parts: not null } && state.Source == item.Source.AbsoluteUri
                && state.Parts.TrueForAll(p => p.Start >= 0 && p.Done >= 0 && p.Done <= p.Length && (p.Done == 0 || p.Start <= size - p.Done));
            return sound ? state : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>Which version of a file (a strong ETag) of how many bytes, and its parts.</summary>
internal sealed record PartialState(string Source, string? Validator, long? Length, List<Part> Parts);

/// <summary>A run of a file's bytes, of which the first <see cref="Done"/> are there.</summary>
internal sealed class Part
{
    public long Start { get; init; }

    public long Length { get; init; }

    public long Done { get; set; }
}
