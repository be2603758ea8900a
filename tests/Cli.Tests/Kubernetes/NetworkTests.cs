using Ism.Cluster.Hosting;
using k8s.Models;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>Exactly those who talk with each other may: every pair and every port is tried on the policies.</summary>
public class NetworkTests
{
    private const string Tcp = "TCP";
    private static readonly string[] Nodes = [NodeRoles.Coordinator, NodeRoles.Featurizer, NodeRoles.Trainer];

    public static TheoryData<string> Ways() => Manifests.Ways();

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_connect_exactly_the_pairs_that_talk(string way)
    {
        var all = Manifests.Of(way);
        var model = new NetworkModel([.. all.Of<V1NetworkPolicy>()]);
        var (low, high) = PortRange(all);
        var ours = all.Pods.Select(PartyOf).ToList();
        var parties = ours.Concat(Others()).ToList();
        var ports = ours.SelectMany(p => p.Ports.Values).Concat([low - 1, low, high, high + 1, 22, 53, 443, 5432, 6443]).Distinct().ToList();
        var journal = way is "overlays/gpu" or "overlays/local+postgres";
        var costs = way is "overlays/gpu" or "overlays/local+deletion-cost";

        bool Talk(Party from, Party to, string protocol, int port) => (from.Name, to.Name) switch
        {
            // Open to all addresses outside; see the policy.
            ("pod-costs", _) when protocol == Tcp && to.Namespace != "ism" && port is 443 or 6443 => true,
            (_, "dns") => port == 53,
            _ when protocol != Tcp => false,
            var (a, b) when Nodes.Contains(a) && Nodes.Contains(b) && port == to.Ports["actors"] => true,
            (NodeRoles.Trainer, NodeRoles.Trainer) => port >= low && port <= high,
            ("client", NodeRoles.Coordinator) => port == to.Ports["api"],
            ("prometheus", var b) when Nodes.Contains(b) => port == to.Ports["metrics"],
            (NodeRoles.Coordinator, "postgres") => journal && port == 5432,
            ("pod-costs", NodeRoles.Featurizer) => costs && port == to.Ports["metrics"],
            _ => false,
        };

        var wrong = from a in parties
                    from b in parties
                    where a.Namespace == "ism" || b.Namespace == "ism"
                    from protocol in new[] { Tcp, "UDP" }
                    from port in ports
                    where model.Allows(a, b, protocol, port) != Talk(a, b, protocol, port)
                    select $"{a.Name} → {b.Name} {protocol} {port} {(Talk(a, b, protocol, port) ? "is needed" : "is allowed")}";
        Assert.Empty(wrong);
    }

    [SkippableFact]
    public void Should_close_what_no_policy_names()
    {
        var denied = Assert.Single(Manifests.Of("overlays/local").Of<V1NetworkPolicy>(), p => p.Metadata.Name == "default-deny").Spec;
        Assert.Null(denied.PodSelector.MatchLabels);
        Assert.Null(denied.PodSelector.MatchExpressions);
        Assert.Equal(["Ingress", "Egress"], denied.PolicyTypes);
        Assert.Null(denied.Ingress);
        Assert.Null(denied.Egress);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_name_ports_and_not_number_them_where_pods_have_them(string way)
    {
        var all = Manifests.Of(way);
        var names = all.Pods.SelectMany(p => p.Container.Ports ?? []).Select(p => p.Name).ToHashSet();
        var (low, high) = PortRange(all);
        var rules = all.Of<V1NetworkPolicy>().SelectMany(p => (p.Spec.Ingress ?? []).SelectMany(i => i.Ports)).ToList();
        Assert.All(rules, r => Assert.True(names.Contains(r.Port.Value) || (r.Port.Value, r.EndPort) == ($"{low}", high), r.Port.Value));
    }

    // Where the kernel takes free ports from in a trainer.
    private static (int Low, int High) PortRange(Manifests all)
    {
        var range = Assert.Single(all.Pod(NodeRoles.Trainer).Template.Spec.SecurityContext.Sysctls);
        Assert.Equal("net.ipv4.ip_local_port_range", range.Name);
        var ends = range.Value.Split(' ').Select(int.Parse).ToArray();
        Assert.True(ends[0] > 1024 && ends[1] - ends[0] > 1000 && ends[1] < 65536);
        return (ends[0], ends[1]);
    }

    private static Party PartyOf(MadePod pod) => new(
        pod.Component, "ism", pod.Template.Metadata.Labels, (pod.Container.Ports ?? []).ToDictionary(p => p.Name, p => p.ContainerPort));

    private static IEnumerable<Party> Others()
    {
        var none = new Dictionary<string, int>();
        yield return new Party("dns", "kube-system", Labels("k8s-app", "kube-dns"), none);
        yield return new Party("prometheus", "monitoring", Labels("app.kubernetes.io/name", "prometheus"), none);
        yield return new Party("grafana", "monitoring", Labels("app.kubernetes.io/name", "grafana"), none);
        yield return new Party("postgres", "databases", Labels("app.kubernetes.io/name", "postgresql"), none);
        yield return new Party("stranger", "default", Labels("app.kubernetes.io/component", NodeRoles.Coordinator), none);
        yield return new Party("newcomer", "ism", Labels("app", "newcomer"), none);
        yield return new Party("kubernetes", null, new Dictionary<string, string>(), none);
        yield return new Party("world", null, new Dictionary<string, string>(), none);
    }

    private static Dictionary<string, string> Labels(string name, string value) => new() { [name] = value };
}
