using System.Collections.Concurrent;
using k8s;
using k8s.Models;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>A pod that something rendered would make.</summary>
/// <param name="Kind">What makes it, e.g. "Deployment".</param>
/// <param name="Name">Name of that.</param>
/// <param name="Selector">Labels by which its maker finds it; null for a Job.</param>
/// <param name="Template">The pod.</param>
internal sealed record MadePod(string Kind, string Name, IDictionary<string, string>? Selector, V1PodTemplateSpec Template)
{
    public string Component => Template.Metadata.Labels["app.kubernetes.io/component"];

    public V1Container Container => Assert.Single(Template.Spec.Containers);

    /// <summary>The command line with variables as Kubernetes would put them in: for each that the container has, one without spaces.</summary>
    public string[] Arguments => [.. Container.Args.Select(a => (Container.Env ?? []).Aggregate(a, (text, variable) =>
        text.Replace($"$({variable.Name})", variable.Name == "POD_INDEX" ? "2" : variable.Name == "POD_IP" ? "10.0.0.7" : $"{Name}-2", StringComparison.Ordinal)))];

    public override string ToString() => $"{Kind} {Name}";
}

/// <summary>What an overlay renders to, read strictly into typed models.</summary>
internal sealed class Manifests
{
    public static readonly string[] Components =
        ["cert-manager", "deletion-cost", "featurizers-hpa", "featurizers-keda", "kueue", "pod-monitor", "postgres"];

    private static readonly ConcurrentDictionary<string, Manifests> Known = new();

    private static readonly Dictionary<string, Type> Custom = new()
    {
        ["keda.sh/v1alpha1/ScaledObject"] = typeof(ScaledObject),
        ["kueue.x-k8s.io/v1beta1/LocalQueue"] = typeof(LocalQueue),
        ["kueue.x-k8s.io/v1beta1/ClusterQueue"] = typeof(ClusterQueue),
        ["kueue.x-k8s.io/v1beta1/ResourceFlavor"] = typeof(ResourceFlavor),
        ["cert-manager.io/v1/Issuer"] = typeof(Issuer),
        ["cert-manager.io/v1/Certificate"] = typeof(Certificate),
        ["monitoring.coreos.com/v1/PodMonitor"] = typeof(PodMonitor),
    };

    private Manifests(IReadOnlyList<object> all) => All = all;

    public IReadOnlyList<object> All { get; }

    public IReadOnlyList<MadePod> Pods =>
    [
        .. Of<V1StatefulSet>().Select(s => new MadePod("StatefulSet", s.Metadata.Name, s.Spec.Selector.MatchLabels, s.Spec.Template)),
        .. Of<V1Deployment>().Select(d => new MadePod("Deployment", d.Metadata.Name, d.Spec.Selector.MatchLabels, d.Spec.Template)),
        .. Of<V1Job>().Select(j => new MadePod("Job", j.Metadata.Name, null, j.Spec.Template)),
    ];

    /// <summary>All that is rendered in any way people would: both overlays as they are, and the local one with each component.</summary>
    public static TheoryData<string> Ways() => ["overlays/local", "overlays/gpu", .. Components.Select(c => $"overlays/local+{c}")];

    /// <summary>"overlays/local+kueue": the overlay and a component. Skips without kubectl.</summary>
    public static Manifests Of(string way)
    {
        Kubectl.Require();
        return Known.GetOrAdd(way, w => w.Split('+') is var parts ? Read(Kubectl.Render(parts[0], parts[1..])) : null!);
    }

    /// <summary>Reads documents; a key that a model does not have is an error.</summary>
    public static Manifests Read(string yaml) => new(KubernetesYaml.LoadAllFromString(yaml, Custom, strict: true));

    public IEnumerable<T> Of<T>() => All.OfType<T>();

    public MadePod Pod(string component) => Assert.Single(Pods, p => p.Component == component);
}
