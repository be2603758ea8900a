using System.Diagnostics;

namespace Ism.Cluster.Membership;

/// <summary>Who decides on membership. Equality by value.</summary>
/// <param name="Term">Grows by one with each new holder.</param>
/// <param name="Holder">Name of the holding node, e.g. "coordinator-0".</param>
/// <param name="Address">Its address in the cluster.</param>
/// <param name="Beat">Grows with each renewal; who sees it grow knows that the holder lives.</param>
/// <param name="Released">The holder gave it back; anyone may take it at once.</param>
public sealed record LeaseRecord(long Term, string Holder, string Address, long Beat, bool Released = false);

/// <summary>
/// The authority lease of a cluster: a file in the workspace that one coordinator holds and renews. Who holds it may declare others
/// dead; nobody else may. No clock is compared with another machine's: a lease is alive while its beat is seen to grow.
/// All methods touch the storage and may take as long as it takes.
/// </summary>
/// <param name="workspace">The workspace that all nodes reach.</param>
/// <param name="node">Name of this node.</param>
/// <param name="address">Address of this node.</param>
public sealed class AuthorityLease(string workspace, string node, string address)
{
    /// <summary>Longest time between two renewals after which the lease is taken for dead.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(10);

    /// <summary>Time between renewals.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2);

    private readonly string _path = PathIn(workspace);
    private readonly Stopwatch _entered = new();
    private LeaseRecord? _mine;

    /// <summary>Whether this node holds it, as far as it knows.</summary>
    public bool Held => _mine is not null;

    /// <summary>The lease's file.</summary>
    public static string PathIn(string workspace) => Path.Combine(workspace, "cluster", "lease");

    /// <summary>What the file says; null when nobody has ever held it.</summary>
    /// <exception cref="IOException">The storage does not answer.</exception>
    public LeaseRecord? Read() => RecordFile.Read<LeaseRecord>(_path);

    /// <summary>Takes the lease if it still is what was <paramref name="seen"/> when its holder was found dead. False when somebody
    /// was faster.</summary>
    /// <exception cref="IOException">The storage refused.</exception>
    public bool TryTake(LeaseRecord? seen) => Exclusively(() =>
    {
        var current = Read();
        if (current != seen)
        {
            return false;
        }

        _mine = new LeaseRecord((current?.Term ?? 0) + 1, node, address, 1);
        Write(_mine);
        return true;
    });

    /// <summary>Shows that the holder lives. False when another has taken the lease meanwhile: this node no longer holds it.</summary>
    /// <exception cref="IOException">The storage refused; the lease is still held while others do not think it dead.</exception>
    public bool Renew() => Exclusively(() =>
    {
        if (_mine is null)
        {
            return false;
        }

        if (Read() is { } current && (current.Term, current.Holder, current.Address) != (_mine.Term, _mine.Holder, _mine.Address))
        {
            _mine = null;
            return false;
        }

        _mine = _mine with { Beat = _mine.Beat + 1 };
        Write(_mine);
        return true;
    });

    /// <summary>Gives the lease back, so that the next one need not wait for it to die.</summary>
    /// <exception cref="IOException">The storage refused; the lease then dies by itself.</exception>
    public void Release()
    {
        Exclusively(() =>
        {
            if (_mine is not null && Read() is { } current && current.Term == _mine.Term)
            {
                Write(_mine with { Beat = _mine.Beat + 1, Released = true });
            }

            return true;
        });
        _mine = null;
    }

    // Reading and writing belong together. A process that is frozen while it has the lock must not keep the others out for ever: after
    // a lease's time the lock file is replaced, and who wakes then finds that it took too long and writes nothing.
    private bool Exclusively(Func<bool> body)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        using var held = Lock();
        _entered.Restart();
        return body();
    }

    private FileStream Lock()
    {
        var path = _path + ".lock";
        var asked = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0);
            }
            catch (IOException) when (asked.Elapsed < TimeToLive * 2 && File.Exists(path))
            {
                if (asked.Elapsed > TimeToLive)
                {
                    File.Delete(path);
                }

                Thread.Sleep(20);
            }
        }
    }

    private void Write(LeaseRecord record)
    {
        if (_entered.Elapsed > TimeToLive / 2)
        {
            throw new IOException($"{_path} was locked for {_entered.Elapsed.TotalSeconds:F0} s: this process stood still, or the storage did");
        }

        RecordFile.Write(_path, record);
    }
}
