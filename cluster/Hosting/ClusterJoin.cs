using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Ism.Cluster.Membership;

namespace Ism.Cluster.Hosting;

/// <summary>
/// Makes a node a member: through any living member that the workspace names, or through a seed that works on the same job. A coordinator
/// founds a cluster when the workspace shows that none lives; one that comes back joins the cluster it has left.
/// </summary>
internal sealed class ClusterJoin
{
    private const int MostAsked = 24;
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(30);
    private readonly ActorSystem _system;
    private readonly NodeOptions _node;
    private readonly CancellationToken _cancel;
    private readonly Akka.Cluster.Cluster _cluster;
    private readonly MemberFiles _files;
    private readonly BeatWatch _beats;
    private readonly SeedNodes _seeds;
    private HashSet<MemberRecord> _last = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _said;
    private string _waitsFor = "";

    private ClusterJoin(ActorSystem system, NodeOptions node, CancellationToken cancel)
    {
        (_system, _node, _cancel) = (system, node, cancel);
        _cluster = Akka.Cluster.Cluster.Get(system);
        _files = new MemberFiles(node.Workspace);
        _beats = new BeatWatch(node.Times.TimeToLive);
        _seeds = new SeedNodes(system, node);
    }

    private bool IsUp => _cluster.SelfMember.Status is MemberStatus.Up or MemberStatus.WeaklyUp;

    private bool IsIn => IsUp || _cluster.SelfMember.Status == MemberStatus.Joining;

    private bool IsGivenUp => _system.WhenTerminated.IsCompleted || _cluster.IsTerminated;

    /// <summary>Joins; returns when the cluster has taken this node in: true, or false when it was given up again before.</summary>
    /// <exception cref="TimeoutException">No member was found or reached in time; says where was looked.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>.</exception>
    public static Task<bool> RunAsync(ActorSystem system, NodeOptions node, CancellationToken cancel) =>
        new ClusterJoin(system, node, cancel).RunAsync();

    private async Task<bool> RunAsync()
    {
        while (!IsIn && !IsGivenUp)
        {
            var living = Living(out var asked);
            IReadOnlyList<Address> contacts = asked.Count > 0
                ? [.. asked.Take(MostAsked).Select(m => Address.Parse(m.Address))]
                : await _seeds.FindAsync(_cancel);
            if (contacts.Count > 0)
            {
                _cluster.JoinSeedNodes([.. contacts]);
                for (var until = _clock.Elapsed + _node.Times.JoinAttempt; _clock.Elapsed < until && !IsIn && !IsGivenUp;)
                {
                    await TryWaitAsync(() => IsIn, _node.Times.AskEvery);
                    living = Living(out asked);
                }

                if (IsIn)
                {
                    break;
                }
            }

            _waitsFor = living.Count > 0 ? $"{string.Join(", ", living)}: alive, but not reached{OtherProtocol(asked)}"
                : $"a coordinator; none has left its address in {_files.Folder}"
                + (_node.Seeds.Count == 0 ? "" : $", and none of {string.Join(", ", _node.Seeds)} answers for {_node.Job}");
            if (_node.Role == NodeRoles.Coordinator && living.Count == 0
                && (asked.Count == 0 || _clock.Elapsed > _node.Times.Renewal * 3) && TryFound())
            {
                break;
            }

            await TryWaitAsync(() => IsIn, TimeSpan.FromSeconds(0.2));
            RequireTime();
        }

        _waitsFor = "the cluster to take this node in; it does when members that cannot be reached are declared dead";
        return await WaitAsync(() => IsUp);
    }

    // Members that can be asked, the living first, and names of those that have been seen to live: their beat has grown while this
    // node looked.
    private List<string> Living(out IReadOnlyList<MemberRecord> asked)
    {
        var files = _files.All();
        _beats.Begin(_clock.Elapsed);
        foreach (var member in files)
        {
            _beats.Saw(member.Address, "", member.Beat, _clock.Elapsed);
        }

        _last = [.. files];
        asked = [.. files.Where(m => m.Address != _cluster.SelfAddress.ToString() && m.Node != _node.NodeId).OrderBy(m => !Lives(m))];
        return [.. asked.Where(Lives).Select(m => $"{m.Node} ({m.Address})")];
    }

    // A node with TLS and one without never reach each other, and neither hears why.
    private string OtherProtocol(IReadOnlyList<MemberRecord> members) =>
        members.Select(m => Address.Parse(m.Address).Protocol).FirstOrDefault(p => p != _cluster.SelfAddress.Protocol) is { } other
            ? $" (they speak {other}, this node {_cluster.SelfAddress.Protocol}: TLS is for all nodes or for none; see --tls)" : "";

    private bool Lives(MemberRecord member) => _beats.IsLive(member.Address) && _beats.GrownAt(member.Address) is not null;

    // One coordinator at a time: who comes second finds the first one's address.
    private bool TryFound()
    {
        var path = Path.Combine(_node.Workspace, "cluster", "founding.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            using var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0);
            if (_files.All().Any(m => m.Node != _node.NodeId && !_last.Contains(m)))
            {
                return false;
            }

            if (!_node.KeepsEnd)
            {
                EndedMarker.Delete(_node.Workspace);
            }

            _cluster.Join(_cluster.SelfAddress);
            _files.Write(new MemberRecord(_node.NodeId, _node.Role, _cluster.SelfAddress.ToString(), 0));
            _system.Log.Info("{0} founds a cluster", _node.NodeId);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    private async Task<bool> WaitAsync(Func<bool> condition)
    {
        while (!await TryWaitAsync(condition, TimeSpan.FromSeconds(1)))
        {
            if (IsGivenUp)
            {
                return false;
            }

            RequireTime();
        }

        return true;
    }

    private void RequireTime()
    {
        if (_clock.Elapsed > _node.JoinTimeout)
        {
            throw new TimeoutException($"{_node.NodeId} waited {_node.JoinTimeout.TotalSeconds:F0} s for {_waitsFor}; "
                + "is a coordinator running, and do all nodes reach each other and the workspace?");
        }

        if (_clock.Elapsed - _said > SayEvery)
        {
            _said = _clock.Elapsed;
            _system.Log.Warning("{0} has waited {1:F0} s for {2}", _node.NodeId, _clock.Elapsed.TotalSeconds, _waitsFor);
        }
    }

    private async Task<bool> TryWaitAsync(Func<bool> condition, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > time || IsGivenUp)
            {
                return false;
            }

            await Task.Delay(50, _cancel);
        }

        return true;
    }
}
