using k8s.Models;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>Somebody who may speak or be spoken to.</summary>
/// <param name="Name">For people.</param>
/// <param name="Namespace">Its namespace; null outside of the cluster.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Ports">Named ports.</param>
internal sealed record Party(string Name, string? Namespace, IDictionary<string, string> Labels, IReadOnlyDictionary<string, int> Ports);

/// <summary>What NetworkPolicies let through, by the rules of Kubernetes: a pod that no policy selects is open, others only to what one of
/// them allows; both ends must agree.</summary>
internal sealed class NetworkModel(IReadOnlyList<V1NetworkPolicy> policies)
{
    private const string Own = "ism";

    /// <summary>Whether a connection may be made.</summary>
    public bool Allows(Party from, Party to, string protocol, int port) =>
        Side(from, "Egress", p => p.Spec.Egress?.Select(e => ((IList<V1NetworkPolicyPeer>?)e.To, (IList<V1NetworkPolicyPort>?)e.Ports)), to, to, protocol, port)
        && Side(to, "Ingress", p => p.Spec.Ingress?.Select(i => ((IList<V1NetworkPolicyPeer>?)i.FromProperty, (IList<V1NetworkPolicyPort>?)i.Ports)), from, to, protocol, port);

    /// <summary>Whether labels are those of a selector.</summary>
    public static bool Matches(V1LabelSelector selector, IDictionary<string, string> labels) =>
        (selector.MatchLabels ?? new Dictionary<string, string>()).All(l => labels.TryGetValue(l.Key, out var v) && v == l.Value)
        && (selector.MatchExpressions ?? []).All(e => e.OperatorProperty == "In"
            ? labels.TryGetValue(e.Key, out var v) && e.Values.Contains(v)
            : throw new NotSupportedException(e.OperatorProperty));

    private bool Side(
        Party self, string type, Func<V1NetworkPolicy, IEnumerable<(IList<V1NetworkPolicyPeer>? Peers, IList<V1NetworkPolicyPort>? Ports)>?> rules,
        Party other, Party listener, string protocol, int port)
    {
        var concerning = self.Namespace != Own ? []
            : policies.Where(p => p.Spec.PolicyTypes.Contains(type) && Matches(p.Spec.PodSelector, self.Labels)).ToList();
        return concerning.Count == 0 || concerning.SelectMany(p => rules(p) ?? []).Any(rule =>
            (rule.Peers is null || rule.Peers.Any(peer => IsPeer(peer, other)))
            && (rule.Ports is null || rule.Ports.Any(p => IsPort(p, listener, protocol, port))));
    }

    private static bool IsPeer(V1NetworkPolicyPeer peer, Party party)
    {
        Assert.Null(peer.IpBlock);
        var here = peer.NamespaceSelector is { } place
            ? party.Namespace is { } name && Matches(place, new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = name })
            : party.Namespace == Own;
        return here && (peer.PodSelector is not { } pods || Matches(pods, party.Labels));
    }

    private static bool IsPort(V1NetworkPolicyPort rule, Party listener, string protocol, int port)
    {
        if (rule.Protocol != protocol)
        {
            return false;
        }

        return int.TryParse(rule.Port.Value, out var number)
            ? port >= number && port <= (rule.EndPort ?? number)
            : listener.Ports.TryGetValue(rule.Port.Value, out var named) && named == port;
    }
}
