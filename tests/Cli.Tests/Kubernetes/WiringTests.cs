using System.Text.RegularExpressions;
using Ism.Tests;
using k8s.Models;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>Whether what refers to something finds it: selectors their pods, Services their ports, pods their Secrets.</summary>
public partial class WiringTests
{
    public static TheoryData<string> Ways() => Manifests.Ways();

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Selectors_should_match_their_own_pods_alone(string way)
    {
        var all = Manifests.Of(way);
        foreach (var pod in all.Pods.Where(p => p.Selector is not null))
        {
            Assert.Equal([pod], all.Pods.Where(p => Matches(pod.Selector!, p)));
        }

        foreach (var service in all.Of<V1Service>())
        {
            var pod = Assert.Single(all.Pods, p => Matches(service.Spec.Selector, p));
            Assert.Equal("coordinator", pod.Component);
            Assert.All(service.Spec.Ports, port => Assert.Equal(
                port.Port, Assert.Single(pod.Container.Ports, c => c.Name == port.TargetPort.Value).ContainerPort));
        }

        foreach (var monitor in all.Of<PodMonitor>())
        {
            var seen = all.Pods.Where(p => NetworkModel.Matches(monitor.Spec.Selector, p.Template.Metadata.Labels)).ToList();
            Assert.Equal(["coordinator", "featurizer", "trainer"], seen.Select(p => p.Component).Order());
            Assert.All(seen, p => Assert.Contains(p.Container.Ports, port => port.Name == Assert.Single(monitor.Spec.PodMetricsEndpoints).Port));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void What_pods_refer_to_should_be_made_or_be_explained(string way)
    {
        var all = Manifests.Of(way);
        var certificates = all.Of<Certificate>().Select(c => c.Spec.SecretName).ToList();
        var volumes = all.Pods.SelectMany(p => p.Template.Spec.Volumes).ToList();
        var variables = all.Pods.SelectMany(p => p.Container.Env ?? []).Select(e => e.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>();
        var secrets = volumes.Select(v => v.Secret?.SecretName).OfType<string>().Concat(variables.Select(v => v.Name)).Distinct().ToList();
        var explained = Explained();
        Assert.Equal(["ism-api", .. secrets.Contains("ism-journal") ? ["ism-journal"] : Array.Empty<string>(), "ism-tls"], secrets.Order());
        Assert.Empty(secrets.Except(certificates).Except(explained.Keys));

        // Keys: those that volumes and variables name are those that the page has people make.
        Assert.All(variables, v => Assert.Contains(v.Key, explained[v.Name]));
        Assert.All(
            volumes.Where(v => v.Secret?.Items is not null), v => Assert.All(v.Secret.Items, i => Assert.Contains(i.Key, explained[v.Secret.SecretName])));
        var tokenFile = Assert.Single(all.Pod("coordinator").Container.Env, e => e.Name == "ISM_API_TOKEN_FILE").Value;
        Assert.Contains(Path.GetFileName(tokenFile), explained["ism-api"]);
        Assert.Equal(["ca.crt", "tls.crt", "tls.key"], explained["ism-tls"].Order());

        Assert.Equal(all.Of<V1ConfigMap>().Select(c => c.Metadata.Name), volumes.Select(v => v.ConfigMap?.Name).OfType<string>().Distinct());
        Assert.Equal(
            all.Of<V1PersistentVolumeClaim>().Select(c => c.Metadata.Name).Order(),
            volumes.Select(v => v.PersistentVolumeClaim?.ClaimName).OfType<string>().Distinct().Order());
        Assert.Equal(
            all.Of<V1ServiceAccount>().Select(a => a.Metadata.Name).Order(), all.Pods.Select(p => p.Template.Spec.ServiceAccountName).Distinct().Order());
        Assert.All(all.Of<V1RoleBinding>(), b =>
        {
            Assert.Contains(all.Of<V1Role>(), r => r.Metadata.Name == b.RoleRef.Name);
            Assert.All(b.Subjects, s => Assert.Contains(all.Of<V1ServiceAccount>(), a => a.Metadata.Name == s.Name));
        });
        Assert.All(all.Of<Certificate>(), c => Assert.Contains(all.Of<Issuer>(), i => i.Metadata.Name == c.Spec.IssuerRef.Name));
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Storage_should_be_reached_by_all_who_write_to_it(string way)
    {
        var claims = Manifests.Of(way).Of<V1PersistentVolumeClaim>().ToList();
        Assert.All(claims, c => Assert.Equal(way == "overlays/gpu" ? "ReadWriteMany" : "ReadWriteOnce", Assert.Single(c.Spec.AccessModes)));
        Assert.All(claims, c => Assert.Equal(way == "overlays/gpu" ? "shared" : null, c.Spec.StorageClassName));
    }

    [SkippableTheory]
    [InlineData("overlays/gpu")]
    [InlineData("overlays/local+cert-manager")]
    public void Certificates_should_be_good_for_the_names_that_are_called(string way)
    {
        var all = Manifests.Of(way);
        var names = all.Of<Certificate>().Where(c => c.Metadata.Name == "ism-tls").SelectMany(c => c.Spec.DnsNames!).ToList();
        var server = Assert.Single(all.Pod("client").Arguments, a => a.StartsWith("--server=", StringComparison.Ordinal));
        Assert.Contains(new Uri(server.Split('=')[1]).Host, names);
        Assert.Contains(all.Of<V1Service>(), s => s.Metadata.Name == new Uri(server.Split('=')[1]).Host);
        Assert.Contains($"*.{Assert.Single(all.Of<V1StatefulSet>()).Spec.ServiceName}", names);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Featurizers_should_be_scaled_by_one_rule_or_by_hand(string way)
    {
        var all = Manifests.Of(way);
        var deployment = Assert.Single(all.Of<V1Deployment>(), d => d.Metadata.Name == "ism-featurizer");
        var byBacklog = all.Of<ScaledObject>().ToList();
        var byLoad = all.Of<V2HorizontalPodAutoscaler>().ToList();
        Assert.InRange(byBacklog.Count + byLoad.Count, 0, 1);
        Assert.Equal(way == "overlays/gpu", deployment.Spec.Replicas is null);
        foreach (var target in byBacklog.Select(s => s.Spec.ScaleTargetRef.Name).Concat(byLoad.Select(h => h.Spec.ScaleTargetRef.Name)))
        {
            Assert.Equal(deployment.Metadata.Name, target);
        }

        foreach (var trigger in byBacklog.SelectMany(s => s.Spec.Triggers))
        {
            Assert.Equal(("prometheus", "AverageValue"), (trigger.Type, trigger.MetricType));
            var metric = MetricName().Match(trigger.Metadata["query"]).Value;
            Assert.Contains($"| `{metric}` | gauge |", File.ReadAllText(Path.Combine(ReferenceData.Root, "docs", "metrics.md")));
        }
    }

    // "kubectl -n ism create secret generic NAME --from-file=KEY=…" in the page.
    private static Dictionary<string, string[]> Explained() => CreateSecret()
        .Matches(File.ReadAllText(Path.Combine(ReferenceData.Root, "docs", "kubernetes.md")).Replace("\\\n", " ", StringComparison.Ordinal))
        .DistinctBy(m => m.Groups["name"].Value)
        .ToDictionary(m => m.Groups["name"].Value, m => Key().Matches(m.Value).Select(k => k.Groups[1].Value).ToArray());

    private static bool Matches(IDictionary<string, string> selector, MadePod pod) =>
        selector.All(s => pod.Template.Metadata.Labels.TryGetValue(s.Key, out var value) && value == s.Value);

    [GeneratedRegex("ism_[a-z_]+")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"create secret generic (?<name>[a-z-]+)[^\n]*")]
    private static partial Regex CreateSecret();

    [GeneratedRegex(@"--from-file=([a-z.]+)=")]
    private static partial Regex Key();
}
