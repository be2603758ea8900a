using Ism.Protocol.Jobs;

namespace Ism.Featurizer.Tests;

/// <summary>Stands in for storage that a workspace lies on: another folder, in which a whole folder has a mark, and which may be away.</summary>
internal sealed class FolderStore(string root, string there) : IWorkspaceStore
{
    private const string Whole = ".whole";
    private readonly Dictionary<string, byte[]> _sent = [];

    /// <summary>Refuses everything.</summary>
    public bool IsAway { get; set; }

    /// <summary>Takes nothing.</summary>
    public bool IsFull { get; set; }

    /// <summary>Names of files and folders that were sent and were not there as they are.</summary>
    public List<string> Sent { get; } = [];

    /// <summary>Where a name lies on the storage.</summary>
    public string Stored(string name) => Path.Combine(there, name);

    public void Keep(string name, CancellationToken cancel)
    {
        Answer();
        Copy(Path.Combine(root, name), Stored(name), name);
    }

    public void KeepLog(string name) => Keep(name, CancellationToken.None);

    public void KeepFolder(string name, CancellationToken cancel)
    {
        Answer();
        Directory.CreateDirectory(Stored(name));
        File.Delete(Path.Combine(Stored(name), Whole));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, name)))
        {
            Copy(file, Path.Combine(Stored(name), Path.GetFileName(file)), $"{name}/{Path.GetFileName(file)}");
        }

        File.WriteAllText(Path.Combine(Stored(name), Whole), "");
    }

    public bool Bring(string name, bool patient)
    {
        Answer();
        if (!File.Exists(Stored(name)))
        {
            return false;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, name))!);
        File.Copy(Stored(name), Path.Combine(root, name), overwrite: true);
        return true;
    }

    public void BringLog(string name) => Bring(name, patient: true);

    public bool BringFolder(string name)
    {
        Answer();
        if (!File.Exists(Path.Combine(Stored(name), Whole)))
        {
            return false;
        }

        var files = Directory.EnumerateFiles(Stored(name)).Where(f => Path.GetFileName(f) != Whole).ToList();
        if (files.Find(f => !File.ReadAllBytes(f).AsSpan().SequenceEqual(_sent[f])) is { } damaged)
        {
            throw new InvalidDataException($"{damaged} is damaged there");
        }

        files.ForEach(f => Bring($"{name}/{Path.GetFileName(f)}", patient: true));

        return true;
    }

    public IReadOnlyList<string> Folders(string name)
    {
        Answer();
        return !Directory.Exists(Stored(name)) ? []
            : [.. Directory.EnumerateDirectories(Stored(name)).Where(d => File.Exists(Path.Combine(d, Whole))).Select(d => Path.GetFileName(d)!)];
    }

    public void DropFolder(string name)
    {
        Answer();
        Directory.Delete(Stored(name), recursive: true);
    }

    private void Answer()
    {
        if (IsAway)
        {
            throw new IOException("the storage does not answer");
        }
    }

    private void Copy(string from, string to, string name)
    {
        if (File.Exists(to) && File.ReadAllBytes(to).AsSpan().SequenceEqual(File.ReadAllBytes(from)))
        {
            return;
        }

        if (IsFull)
        {
            throw new IOException("the storage takes nothing");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
        Sent.Add(name);
        _sent[to] = File.ReadAllBytes(from);
    }
}
