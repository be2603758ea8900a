using Akka.Cluster;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Coordinator.Metrics;
using Ism.Protocol.Chunks;

namespace Ism.Coordinator.Ledger;

/// <summary>Featurizers that come and go: who may be leased to, and what the gone have left.</summary>
public sealed partial class LedgerActor
{
    private readonly HashSet<UniqueAddress> _featurizers = [];

    private static bool IsFeaturizer(Member member) => member.HasRole(NodeRoles.Featurizer);

    private void OnMember(ClusterEvent.IMemberEvent e)
    {
        if (e.Member.Status == MemberStatus.Up)
        {
            OnPresent(e.Member);
        }
        else if (e.Member.Status is MemberStatus.Leaving or MemberStatus.Exiting or MemberStatus.Down or MemberStatus.Removed)
        {
            OnGone(e.Member);
        }
    }

    private void OnPresent(Member member)
    {
        if (IsFeaturizer(member) && member.Status == MemberStatus.Up && _featurizers.Add(member.UniqueAddress))
        {
            Ask(member.Address.ToString());
        }
    }

    // Until they answer: what is under way there would be made twice if it were leased to others.
    private void AskWhatIsHeld()
    {
        foreach (var address in _featurizers.Select(f => f.Address.ToString()).Where(address => !_state.IsPresent(address)))
        {
            Ask(address);
        }
    }

    private void Ask(string address) => _holderAt(address).Tell(new HeldChunksRequest(_setup.Work.WorkId, address), Self);

    private void OnHeld(HeldChunks held)
    {
        if (_featurizers.Any(f => f.Address.ToString() == held.Node) && !_state.IsPresent(held.Node))
        {
            _state.Present(held.Node, held.Chunks);
            LeaseMore();
        }
    }

    private void OnGone(Member member)
    {
        if (!IsFeaturizer(member))
        {
            return;
        }

        _featurizers.Remove(member.UniqueAddress);
        var lost = _state.Gone(member.Address.ToString());
        CoordinatorMetrics.Ended(lost.Count, gone: true);
        foreach (var lease in lost)
        {
            _traces.End(lease.Epoch, "its node is gone");
        }

        if (lost.Count > 0)
        {
            _log.Info("{0}: {1} is gone; its {2} chunk(s) are leased again", PersistenceId, member.Address, lost.Count);
        }

        LeaseMore();
    }
}
