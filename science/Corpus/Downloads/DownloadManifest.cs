namespace Ism.Corpus.Downloads;

/// <summary>The list of a folder's files with their SHA-256, as sha256sum writes and checks it. Grows line by line while
/// files come, so that a process that is killed has not forgotten them. Thread-safe.</summary>
internal sealed class DownloadManifest : IDisposable
{
    private readonly string _folder;
    private readonly string _path;
    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly StreamWriter _writer;

    private DownloadManifest(string folder)
    {
        _folder = folder;
        _path = Path.Combine(folder, DownloadRun.ManifestName);
        if (File.Exists(_path))
        {
            foreach (var line in File.ReadLines(_path).Where(l => l.Length > 66 && l.AsSpan(64, 2) is "  "))
            {
                _known[line[66..]] = line[..64];
            }
        }

        // A line that a killed process has begun ends here.
        _writer = new StreamWriter(_path, append: true) { AutoFlush = true, NewLine = "\n" };
        if (new FileInfo(_path).Length > 0)
        {
            _writer.WriteLine();
        }
    }

    public static DownloadManifest Open(string folder) => new(folder);

    /// <summary>The SHA-256 that is listed for a file, or null.</summary>
    public string? Find(string path)
    {
        lock (_lock)
        {
            return _known.GetValueOrDefault(Name(path));
        }
    }

    public void Add(string path, string sha256)
    {
        lock (_lock)
        {
            _known[Name(path)] = sha256;
            _writer.WriteLine($"{sha256}  {Name(path)}");
        }
    }

    /// <summary>Writes the list anew, one line a file, by name.</summary>
    public void Tidy()
    {
        lock (_lock)
        {
            DurableFile.Write(_path, stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
                foreach (var (name, sha) in _known.Where(k => File.Exists(Path.Combine(_folder, k.Key)))
                    .OrderBy(k => k.Key, StringComparer.Ordinal))
                {
                    writer.WriteLine($"{sha}  {name}");
                }
            });
        }
    }

    public void Dispose() => _writer.Dispose();

    private string Name(string path) => Path.GetRelativePath(_folder, path).Replace('\\', '/');
}
