using Ism.Cluster.Hosting;
using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership;

/// <summary>A storage that all nodes of a test share. Whoever asks can be made to stand still, or be refused, at each question.</summary>
/// <param name="store">What is stored.</param>
/// <param name="before">Called before each access, with its name.</param>
internal sealed class MemoryRecords(MemoryRecords.Store store, Action<string>? before = null) : IClusterRecords
{
    public IReadOnlyList<MemberRecord> Members()
    {
        before?.Invoke(nameof(Members));
        lock (store)
        {
            return [.. store.Members.Values.OrderBy(m => m.Role != NodeRoles.Coordinator).ThenBy(m => m.Node, StringComparer.Ordinal)];
        }
    }

    public void Write(MemberRecord member)
    {
        before?.Invoke("write member");
        lock (store)
        {
            store.Members[member.Node] = member;
        }
    }

    public void Remove(string node, string address)
    {
        before?.Invoke(nameof(Remove));
        lock (store)
        {
            if (store.Members.TryGetValue(node, out var member) && member.Address == address)
            {
                store.Members.Remove(node);
            }
        }
    }

    public LeaseRecord? Lease()
    {
        before?.Invoke(nameof(Lease));
        lock (store)
        {
            return store.Lease;
        }
    }

    public void Write(LeaseRecord lease)
    {
        before?.Invoke("write lease");
        lock (store)
        {
            store.Lease = lease;
        }
    }

    public long HighestClaim()
    {
        before?.Invoke(nameof(HighestClaim));
        lock (store)
        {
            return store.Claims.DefaultIfEmpty(0).Max();
        }
    }

    public bool TryClaim(long term)
    {
        before?.Invoke(nameof(TryClaim));
        lock (store)
        {
            return store.Claims.Add(term);
        }
    }

    public void ForgetClaimsBelow(long term)
    {
        before?.Invoke(nameof(ForgetClaimsBelow));
        lock (store)
        {
            store.Claims.RemoveWhere(c => c < term);
        }
    }

    public EndedMarker? Ended() => null;

    /// <summary>What is stored.</summary>
    internal sealed class Store
    {
        public SortedDictionary<string, MemberRecord> Members { get; } = [];

        public LeaseRecord? Lease { get; set; }

        public HashSet<long> Claims { get; } = [];
    }
}
