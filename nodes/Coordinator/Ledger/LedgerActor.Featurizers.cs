using Akka.Cluster;
using Akka.Event;
using Ism.Cluster.Hosting;
using Ism.Coordinator.Metrics;

namespace Ism.Coordinator.Ledger;

/// <summary>Featurizers that come and go: how much may be leased, and what the gone have left.</summary>
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
        else if (e.Member.Status is MemberStatus.Removed or MemberStatus.Down or MemberStatus.Exiting)
        {
            OnGone(e.Member);
        }
    }

    private void OnPresent(Member member)
    {
        if (IsFeaturizer(member) && member.Status == MemberStatus.Up && _featurizers.Add(member.UniqueAddress))
        {
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
        var lost = _state.Expire(DateTime.MinValue, member.Address.ToString());
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
