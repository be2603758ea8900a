using k8s;
using k8s.Models;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>Whether what kubectl would send is what Kubernetes, KEDA, Kueue, cert-manager and the Prometheus operator understand.</summary>
public class ManifestFormTests
{
    public static TheoryData<string> Ways() => Manifests.Ways();

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_be_read_strictly_into_typed_models(string way)
    {
        var all = Manifests.Of(way).All;
        Assert.True(all.Count > 18, $"{way}: {all.Count} documents");
        Assert.Equal(way != "overlays/local", all.Count > Manifests.Of("overlays/local").All.Count);
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIp: None}", "clusterIp")]
    [InlineData("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {terminationGracePeriod: 3}}}", "terminationGracePeriod")]
    [InlineData("apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec: {minReplicas: 1}", "minReplicas")]
    [InlineData("apiVersion: kueue.x-k8s.io/v1beta1\nkind: LocalQueue\nmetadata: {name: a}\nspec: {queue: b}", "queue")]
    public void Should_refuse_a_key_that_is_misspelt(string yaml, string key)
    {
        var refused = Assert.ThrowsAny<Exception>(() => Manifests.Read(yaml));
        Assert.Contains(key, $"{refused}");
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_be_of_one_namespace_and_name_nothing_twice(string way)
    {
        var named = Manifests.Of(way).All.Select(d => (Kind: d.GetType().Name, Metadata: MetadataOf(d))).ToList();
        Assert.Equal(named.Count, named.Select(n => (n.Kind, n.Metadata.Name)).Distinct().Count());
        Assert.All(named, n => Assert.Equal(n.Kind == nameof(V1Namespace) ? null : "ism", n.Metadata.NamespaceProperty));
        Assert.All(named, n => Assert.Equal("ism", n.Metadata.Labels["app.kubernetes.io/part-of"]));
    }

    [Fact]
    public void Should_have_a_folder_for_each_component() => Assert.Equal(
        Manifests.Components, Directory.GetDirectories(Path.Combine(Kubectl.Folder, "components")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal));

    [SkippableFact]
    public void Example_of_the_administrators_queue_should_let_the_trainers_in()
    {
        Kubectl.Require();
        var admin = Manifests.Read(File.ReadAllText(Path.Combine(Kubectl.Folder, "kueue-cluster.yaml")));
        var queue = Assert.Single(admin.Of<ClusterQueue>());
        var flavor = Assert.Single(admin.Of<ResourceFlavor>());
        var gpu = Manifests.Of("overlays/gpu");
        var job = Assert.Single(gpu.Of<V1Job>(), j => j.Metadata.Name == "ism-trainer");
        Assert.Equal(Assert.Single(gpu.Of<LocalQueue>()).Metadata.Name, job.Metadata.Labels["kueue.x-k8s.io/queue-name"]);
        Assert.Equal(queue.Metadata.Name, Assert.Single(gpu.Of<LocalQueue>()).Spec.ClusterQueue);
        Assert.True(job.Spec.Suspend);
        var group = Assert.Single(queue.Spec.ResourceGroups);
        var quotas = Assert.Single(group.Flavors, f => f.Name == flavor.Metadata.Name).Resources;
        Assert.Equal(group.CoveredResources.Order(), quotas.Select(q => q.Name).Order());
        var asked = Assert.Single(job.Spec.Template.Spec.Containers).Resources.Requests;
        Assert.All(asked, a => Assert.True(
            new ResourceQuantity(quotas.Single(q => q.Name == a.Key).NominalQuota).ToDecimal() >= a.Value.ToDecimal() * job.Spec.Parallelism, a.Key));
    }

    [Fact]
    public void Pod_that_fills_the_inputs_should_be_one_that_the_namespace_lets_in()
    {
        var text = File.ReadAllText(Path.Combine(Kubectl.Folder, "fill.json")).TrimStart();
        var pod = Assert.Single(Manifests.Read($$"""{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "fill"},{{text[1..]}}""").Of<V1Pod>());
        Assert.Equal("RuntimeDefault", pod.Spec.SecurityContext.SeccompProfile.Type);
        var container = Assert.Single(pod.Spec.Containers);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Contains(pod.Spec.Volumes, v => v.PersistentVolumeClaim?.ClaimName == "ism-inputs");
    }

    private static V1ObjectMeta MetadataOf(object document) => document is IKubernetesObject<V1ObjectMeta> known
        ? known.Metadata : (V1ObjectMeta)document.GetType().GetProperty("Metadata")!.GetValue(document)!;
}
