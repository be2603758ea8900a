using k8s.Models;

namespace Ism.Cli.Tests.Kubernetes;

// What deploy/k8s uses of resources that Kubernetes itself does not have, as their definitions (KEDA 2, Kueue v1beta1, cert-manager v1,
// Prometheus operator v1) spell it: a key that is not here is refused, as a misspelt one is.

/// <summary>A resource with a specification.</summary>
internal abstract class Custom<T>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public T Spec { get; set; } = default!;
}

/// <summary>keda.sh/v1alpha1.</summary>
internal sealed class ScaledObject : Custom<ScaledObject.Specification>
{
    internal sealed class Specification
    {
        public Target ScaleTargetRef { get; set; } = new();

        public int? PollingInterval { get; set; }

        public int? CooldownPeriod { get; set; }

        public int? InitialCooldownPeriod { get; set; }

        public int? IdleReplicaCount { get; set; }

        public int? MinReplicaCount { get; set; }

        public int? MaxReplicaCount { get; set; }

        public Fallback? Fallback { get; set; }

        public Advanced? Advanced { get; set; }

        public IList<Trigger> Triggers { get; set; } = [];
    }

    internal sealed class Target
    {
        public string? ApiVersion { get; set; }

        public string? Kind { get; set; }

        public string Name { get; set; } = "";
    }

    internal sealed class Fallback
    {
        public int FailureThreshold { get; set; }

        public int Replicas { get; set; }
    }

    internal sealed class Advanced
    {
        public bool? RestoreToOriginalReplicaCount { get; set; }

        public Autoscaler? HorizontalPodAutoscalerConfig { get; set; }
    }

    internal sealed class Autoscaler
    {
        public string? Name { get; set; }

        public V2HorizontalPodAutoscalerBehavior? Behavior { get; set; }
    }

    internal sealed class Trigger
    {
        public string Type { get; set; } = "";

        public string? Name { get; set; }

        public string? MetricType { get; set; }

        public IDictionary<string, string> Metadata { get; set; } = new Dictionary<string, string>();
    }
}

/// <summary>kueue.x-k8s.io/v1beta1.</summary>
internal sealed class LocalQueue : Custom<LocalQueue.Specification>
{
    internal sealed class Specification
    {
        public string ClusterQueue { get; set; } = "";
    }
}

/// <summary>kueue.x-k8s.io/v1beta1.</summary>
internal sealed class ResourceFlavor : Custom<ResourceFlavor.Specification>
{
    internal sealed class Specification
    {
        public IDictionary<string, string>? NodeLabels { get; set; }
    }
}

/// <summary>kueue.x-k8s.io/v1beta1.</summary>
internal sealed class ClusterQueue : Custom<ClusterQueue.Specification>
{
    internal sealed class Specification
    {
        public V1LabelSelector? NamespaceSelector { get; set; }

        public IList<ResourceGroup> ResourceGroups { get; set; } = [];
    }

    internal sealed class ResourceGroup
    {
        public IList<string> CoveredResources { get; set; } = [];

        public IList<Flavor> Flavors { get; set; } = [];
    }

    internal sealed class Flavor
    {
        public string Name { get; set; } = "";

        public IList<Quota> Resources { get; set; } = [];
    }

    internal sealed class Quota
    {
        public string Name { get; set; } = "";

        public string NominalQuota { get; set; } = "";
    }
}

/// <summary>cert-manager.io/v1.</summary>
internal sealed class Issuer : Custom<Issuer.Specification>
{
    internal sealed class Specification
    {
        public Dictionary<string, string>? SelfSigned { get; set; }

        public Authority? Ca { get; set; }
    }

    internal sealed class Authority
    {
        public string SecretName { get; set; } = "";
    }
}

/// <summary>cert-manager.io/v1.</summary>
internal sealed class Certificate : Custom<Certificate.Specification>
{
    internal sealed class Specification
    {
        public bool? IsCA { get; set; }

        public string? CommonName { get; set; }

        public string SecretName { get; set; } = "";

        public string? Duration { get; set; }

        public string? RenewBefore { get; set; }

        public IList<string>? DnsNames { get; set; }

        public IList<string>? IpAddresses { get; set; }

        public IList<string>? Usages { get; set; }

        public PrivateKey? PrivateKey { get; set; }

        public Reference IssuerRef { get; set; } = new();
    }

    internal sealed class PrivateKey
    {
        public string? Algorithm { get; set; }

        public int? Size { get; set; }

        public string? Encoding { get; set; }

        public string? RotationPolicy { get; set; }
    }

    internal sealed class Reference
    {
        public string Kind { get; set; } = "";

        public string Name { get; set; } = "";
    }
}

/// <summary>monitoring.coreos.com/v1.</summary>
internal sealed class PodMonitor : Custom<PodMonitor.Specification>
{
    internal sealed class Specification
    {
        public V1LabelSelector Selector { get; set; } = new();

        public IList<Endpoint> PodMetricsEndpoints { get; set; } = [];
    }

    internal sealed class Endpoint
    {
        public string? Port { get; set; }

        public string? Path { get; set; }

        public string? Interval { get; set; }
    }
}
