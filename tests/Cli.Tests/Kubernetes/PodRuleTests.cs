using k8s.Models;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>What every pod must be: as little as it needs.</summary>
public class PodRuleTests
{
    // The program's nodes: what answers probes and is asked for metrics.
    private static readonly string[] Nodes = ["coordinator", "featurizer", "trainer"];

    public static TheoryData<string> Ways() => Manifests.Ways();

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_run_without_rights(string way) => Assert.All(Manifests.Of(way).Pods, pod =>
    {
        var spec = pod.Template.Spec;
        Assert.True(spec.SecurityContext.RunAsNonRoot);
        Assert.Equal((10001, 10001, 10001), (spec.SecurityContext.RunAsUser, spec.SecurityContext.RunAsGroup, spec.SecurityContext.FsGroup));
        Assert.Equal("RuntimeDefault", spec.SecurityContext.SeccompProfile.Type);
        Assert.Equal((null, null, null), (spec.HostNetwork, spec.HostPID, spec.HostIPC));
        Assert.False(spec.EnableServiceLinks);
        Assert.Equal(pod.Component == "pod-costs", spec.AutomountServiceAccountToken);
        Assert.Null(spec.InitContainers);
        var context = pod.Container.SecurityContext;
        Assert.False(context.AllowPrivilegeEscalation);
        Assert.True(context.ReadOnlyRootFilesystem);
        Assert.Equal(["ALL"], context.Capabilities.Drop);
        Assert.Null(context.Capabilities.Add);
        Assert.Null(context.Privileged);
    });

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_write_only_to_the_home_and_to_folders_of_its_own(string way) => Assert.All(Manifests.Of(way).Pods, pod =>
    {
        var volumes = pod.Template.Spec.Volumes.ToDictionary(v => v.Name);
        Assert.Equal(volumes.Keys.Order(), pod.Container.VolumeMounts.Select(m => m.Name).Order());
        Assert.Contains(pod.Container.VolumeMounts, m => m.MountPath == "/tmp" && volumes[m.Name].EmptyDir is { SizeLimit: not null });
        foreach (var mount in pod.Container.VolumeMounts.Where(m => m.ReadOnlyProperty != true))
        {
            var volume = volumes[mount.Name];
            Assert.True(volume.EmptyDir is not null || (volume.PersistentVolumeClaim?.ClaimName == "ism-home" && Nodes.Contains(pod.Component)), $"{pod}: {mount.Name}");
        }

        Assert.All(volumes.Values, v => Assert.Null(v.HostPath));
    });

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_say_what_it_needs_and_may_have(string way) => Assert.All(Manifests.Of(way).Pods, pod =>
    {
        var resources = pod.Container.Resources;
        foreach (var name in new[] { "cpu", "memory" })
        {
            Assert.True(resources.Requests[name].ToDecimal() > 0);
            Assert.True(resources.Limits[name].ToDecimal() >= resources.Requests[name].ToDecimal(), $"{pod}: {name}");
        }

        var shared = pod.Template.Spec.Volumes.Where(v => v.EmptyDir?.Medium == "Memory").Sum(v => v.EmptyDir.SizeLimit.ToDecimal());
        Assert.True(shared < resources.Limits["memory"].ToDecimal() / 2, $"{pod}: memory of volumes counts as the container's");
    });

    [SkippableFact]
    public void Should_have_one_gpu_a_trainer_and_elsewhere_none()
    {
        foreach (var pod in Manifests.Of("overlays/gpu").Pods)
        {
            var wants = pod.Container.Resources.Limits.TryGetValue("nvidia.com/gpu", out var gpus) ? gpus.ToInt32() : 0;
            Assert.Equal(pod.Component == "trainer" ? 1 : 0, wants);
        }

        Assert.DoesNotContain(Manifests.Of("overlays/local").Pods, p => p.Container.Resources.Limits.ContainsKey("nvidia.com/gpu"));
        Assert.Contains(Manifests.Of("overlays/gpu").Pod("trainer").Template.Spec.Tolerations, t => t.Key == "nvidia.com/gpu");
        Assert.All(Manifests.Of("overlays/gpu").Pods, p => Assert.Equal("ism:cuda", p.Container.Image));
        Assert.All(Manifests.Of("overlays/local").Pods, p => Assert.Equal("ism:cpu", p.Container.Image));
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_survive_the_drain_of_a_machine(string way)
    {
        var all = Manifests.Of(way);
        var budgets = all.Of<V1PodDisruptionBudget>().ToDictionary(b => b.Spec.Selector.MatchLabels["app.kubernetes.io/component"]);
        Assert.Equal(Nodes, budgets.Keys.Order());
        Assert.Equal("1", budgets["coordinator"].Spec.MaxUnavailable.Value);
        Assert.EndsWith("%", budgets["featurizer"].Spec.MaxUnavailable.Value);
        var trainers = Assert.Single(all.Of<V1Job>(), j => j.Metadata.Name == "ism-trainer").Spec;
        Assert.Equal(trainers.Completions, trainers.Parallelism);
        Assert.Equal($"{trainers.Parallelism - 1}", budgets["trainer"].Spec.MinAvailable.Value);
        Assert.All(budgets, b => Assert.Equal(
            b.Value.Spec.Selector.MatchLabels, all.Pod(b.Key).Selector ?? all.Pod(b.Key).Template.Metadata.Labels.Where(
                l => l.Key != "app.kubernetes.io/part-of").ToDictionary()));
    }
}
