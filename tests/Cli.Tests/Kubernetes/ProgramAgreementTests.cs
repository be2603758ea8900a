using System.CommandLine;
using Ism.Cli.Jobs;
using Ism.Cli.Kubernetes;
using Ism.Cli.Processes;
using Ism.Cli.Slurm;
using Ism.Cli.Verbs;
using Ism.Cluster.Hosting;
using Ism.Cluster.Telemetry;
using Ism.Coordinator.Api;
using k8s.Models;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>Verbs, options, ports, probes, variables and exit codes of the manifests against the program itself.</summary>
public class ProgramAgreementTests
{
    private static readonly string[] Nodes = [NodeRoles.Coordinator, NodeRoles.Featurizer, NodeRoles.Trainer];

    // Read by the containers' arguments alone.
    private static readonly string[] OfArguments = ["POD_IP", "POD_INDEX"];

    // A folder with ca.crt, tls.crt and tls.key, as Secrets of certificates have them.
    private const string TlsVariable = "ISM_TLS";

    public static TheoryData<string> Ways() => Manifests.Ways();

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_give_command_lines_that_the_program_understands(string way) => Assert.All(Manifests.Of(way).Pods, pod =>
    {
        Assert.Null(pod.Container.Command);
        Assert.DoesNotContain(pod.Arguments, a => a.Contains("$(", StringComparison.Ordinal));
        var parsed = Parse(pod.Arguments);
        Assert.Empty(parsed.Errors);
        Assert.Equal(Nodes.Contains(pod.Component) ? pod.Component : pod.Component == "client" ? "submit" : pod.Component, parsed.CommandResult.Command.Name);
    });

    [Fact]
    public void Should_see_a_command_line_that_the_program_does_not_understand()
    {
        Assert.NotEmpty(Parse(["node", "trainer", "--home=/data", "--rank=2"]).Errors);
        Assert.NotEmpty(Parse(["node", "conductor", "--home=/data"]).Errors);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_listen_where_its_ports_say(string way)
    {
        foreach (var pod in Manifests.Of(way).Pods.Where(p => Nodes.Contains(p.Component)))
        {
            var options = Options(pod.Arguments);
            var ports = pod.Container.Ports.ToDictionary(p => p.Name, p => $"{p.ContainerPort}");
            var listens = new Dictionary<string, string> { ["actors"] = Assert.Single(options["--port"]) };
            Assert.StartsWith("0.0.0.0:", options["--metrics"][0]);
            listens["metrics"] = options["--metrics"][0].Split(':')[1];
            if (pod.Component == NodeRoles.Coordinator)
            {
                listens["api"] = options["--api"][0].Split(':')[1];
            }

            Assert.Equal(listens.OrderBy(l => l.Key), ports.OrderBy(p => p.Key));
            Assert.Equal(ports["metrics"], pod.Template.Metadata.Annotations["prometheus.io/port"]);
            Assert.Equal(NodeTelemetry.Path, pod.Template.Metadata.Annotations["prometheus.io/path"]);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_be_probed_where_the_program_answers(string way)
    {
        foreach (var pod in Manifests.Of(way).Pods.Where(p => Nodes.Contains(p.Component)))
        {
            var container = pod.Container;
            Assert.Equal(
                [NodeTelemetry.LivenessPath, NodeTelemetry.ReadinessPath, NodeTelemetry.LivenessPath],
                new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.Select(p => p.HttpGet.Path));
            Assert.All(
                new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe },
                p => Assert.Contains(container.Ports, port => port.Name == p.HttpGet.Port.Value));

            // Liveness is the last resort: what the program itself calls silent must have been so for as long as it waits.
            var patience = TimeSpan.FromSeconds(container.LivenessProbe.PeriodSeconds!.Value * container.LivenessProbe.FailureThreshold!.Value);
            Assert.True(patience >= NodeHealth.LongestSilence, $"{pod}: killed after {patience}");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_set_the_variables_that_the_program_reads(string way)
    {
        var all = Manifests.Of(way);
        foreach (var pod in all.Pods)
        {
            var given = (pod.Container.Env ?? []).ToDictionary(e => e.Name);
            var compute = Nodes.Contains(pod.Component) ? LocalCluster.EnvironmentOf(pod.Component, 7) : [];
            string[] known = [.. OfArguments, ScrapeTarget.PodVariable, ApiToken.FileVariable, JournalVariable.Name, TlsVariable, .. compute.Keys];
            Assert.Empty(given.Keys.Except(known));
            foreach (var (name, value) in compute)
            {
                var variable = given[name];
                if (value == "7")
                {
                    Assert.Equal(("limits.cpu", pod.Container.Name), (variable.ValueFrom.ResourceFieldRef.Resource, variable.ValueFrom.ResourceFieldRef.ContainerName));
                }
                else
                {
                    Assert.Equal(value, variable.Value);
                }
            }

            // Secrets are files, or variables from a Secret; never arguments, never plain values.
            foreach (var file in given.Values.Where(e => e.Name is ApiToken.FileVariable or TlsVariable))
            {
                var mount = Assert.Single(pod.Container.VolumeMounts, m => file.Value.StartsWith(m.MountPath, StringComparison.Ordinal));
                Assert.NotNull(Assert.Single(pod.Template.Spec.Volumes, v => v.Name == mount.Name).Secret);
            }

            Assert.Equal(Nodes.Contains(pod.Component), given.ContainsKey(TlsVariable));
        }

        var journal = (all.Pod(NodeRoles.Coordinator).Container.Env ?? []).SingleOrDefault(e => e.Name == JournalVariable.Name);
        Assert.Equal(way.EndsWith("gpu", StringComparison.Ordinal) || way.EndsWith("postgres", StringComparison.Ordinal), journal is not null);
        Assert.Equal(journal is null ? null : "ism-journal", journal?.ValueFrom.SecretKeyRef.Name);
        Assert.Null(journal?.Value);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_share_one_home(string way) => Assert.All(Manifests.Of(way).Pods.Where(p => p.Component != "client"), pod =>
    {
        var mount = Assert.Single(pod.Container.VolumeMounts, m => m.MountPath == Assert.Single(Options(pod.Arguments)["--home"]));
        Assert.Equal("ism-home", Assert.Single(pod.Template.Spec.Volumes, v => v.Name == mount.Name).PersistentVolumeClaim.ClaimName);
    });

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_find_coordinators_by_the_names_of_the_headless_service(string way)
    {
        var all = Manifests.Of(way);
        var set = Assert.Single(all.Of<V1StatefulSet>());
        var service = Assert.Single(all.Of<V1Service>(), s => s.Metadata.Name == set.Spec.ServiceName);
        Assert.Equal("None", service.Spec.ClusterIP);
        Assert.True(service.Spec.PublishNotReadyAddresses);
        foreach (var pod in all.Pods.Where(p => Nodes.Contains(p.Component)))
        {
            var options = Options(pod.Arguments);
            Assert.Equal(
                Enumerable.Range(0, 3).Select(n => $"{set.Metadata.Name}-{n}.{service.Metadata.Name}:{options["--port"][0]}"), options["--seed"]);
        }

        // The name under which a coordinator is known must be the one that seeds are called by.
        var own = Options(all.Pod(NodeRoles.Coordinator).Arguments);
        Assert.Contains($"{own["--host"][0]}:{own["--port"][0]}", own["--seed"]);
        Assert.Equal("10.0.0.7", Assert.Single(own["--bind"]));
    }

    [SkippableFact]
    public void Should_have_three_coordinators_where_machines_may_fail()
    {
        Assert.Equal(3, Assert.Single(Manifests.Of("overlays/gpu").Of<V1StatefulSet>()).Spec.Replicas);
        Assert.Equal(1, Assert.Single(Manifests.Of("overlays/local").Of<V1StatefulSet>()).Spec.Replicas);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Trainers_should_be_numbered_and_end_as_the_program_ends(string way)
    {
        var job = Assert.Single(Manifests.Of(way).Of<V1Job>(), j => j.Metadata.Name == "ism-trainer");
        Assert.Equal("Indexed", job.Spec.CompletionMode);
        Assert.Equal(new BatchTask(BatchTask.Kubernetes, 3, null, null, true, false), BatchTask.From(n => n == "JOB_COMPLETION_INDEX" ? "3" : null));
        Assert.DoesNotContain("--number", Options(Manifests.Of(way).Pod(NodeRoles.Trainer).Arguments).Keys);
        var codes = job.Spec.PodFailurePolicy.Rules.Where(r => r.OnExitCodes is not null).ToDictionary(r => r.Action, r => r.OnExitCodes);
        Assert.Equal([ExitCode.BadUsage], codes["FailJob"].Values);
        Assert.Equal([ExitCode.AskedToLeave], codes["Ignore"].Values);
        Assert.All(codes.Values, c => Assert.Equal(("trainer", "In"), (c.ContainerName, c.OperatorProperty)));
        Assert.Contains(job.Spec.PodFailurePolicy.Rules, r => r.Action == "Ignore" && r.OnPodConditions?.Single().Type == "DisruptionTarget");
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_have_the_time_to_leave(string way)
    {
        var all = Manifests.Of(way);
        TimeSpan Grace(string role) => TimeSpan.FromSeconds(all.Pod(role).Template.Spec.TerminationGracePeriodSeconds!.Value);
        var leave = NodeHost.ShutdownTimeout + NodeRun.StepInFlight;
        Assert.All(Nodes, role => Assert.True(Grace(role) > leave, $"{role}: {Grace(role)} for {leave}"));
        Assert.True(Grace(NodeRoles.Trainer) > NodeRun.CheckpointPatience + leave);
        var stop = all.Pod(NodeRoles.Trainer).Container.Lifecycle.PreStop.Exec.Command;
        Assert.Equal(["/bin/sh", "-c", "kill -USR1 1 && sleep 120"], stop);
        Assert.True(TimeSpan.FromSeconds(120) >= NodeRun.CheckpointPatience + leave);
    }

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void Should_submit_a_job_that_the_program_accepts(string way)
    {
        var all = Manifests.Of(way);
        var map = Assert.Single(all.Of<V1ConfigMap>());
        var pod = all.Pod("client");
        var file = Path.Combine(Directory.CreateTempSubdirectory("ism-job-").FullName, "job.yaml");
        var mount = Assert.Single(pod.Container.VolumeMounts, m => pod.Arguments[1].StartsWith($"{m.MountPath}/", StringComparison.Ordinal));
        var volume = Assert.Single(pod.Template.Spec.Volumes, v => v.Name == mount.Name);
        Assert.Equal(map.Metadata.Name, volume.ConfigMap.Name);
        File.WriteAllText(file, map.Data[pod.Arguments[1][(mount.MountPath.Length + 1)..]]);
        var job = JobFile.Load(file, []).Job;
        var inputs = Assert.Single(all.Pod(NodeRoles.Featurizer).Container.VolumeMounts, m => m.Name == "inputs").MountPath;
        Assert.All([.. job.Corpus.Structures, .. job.Autoencoder.Structures], p => Assert.StartsWith($"{inputs}/", p));
        Assert.Equal("", job.Cluster.Journal);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [SkippableFact]
    public void Should_tell_costs_by_a_metric_that_featurizers_have()
    {
        var documented = File.ReadAllText(Path.Combine(Ism.Tests.ReferenceData.Root, "docs", "metrics.md"));
        Assert.Contains($"| `{DeletionCosts.Metric}` | gauge |", documented);
        var account = Assert.Single(Manifests.Of("overlays/gpu").Of<V1Role>());
        var rule = Assert.Single(account.Rules);
        Assert.Equal(("", "pods", "patch"), (Assert.Single(rule.ApiGroups), Assert.Single(rule.Resources), Assert.Single(rule.Verbs)));
    }

    private static ParseResult Parse(string[] arguments)
    {
        using var interruption = Interruption.Silent();
        return CommandLine.Create(new VerbContext(TextWriter.Null, TextWriter.Null, interruption)).Parse(arguments);
    }

    private static Dictionary<string, List<string>> Options(string[] arguments) => arguments
        .Where(a => a.StartsWith("--", StringComparison.Ordinal)).Select(a => a.Split('=', 2))
        .GroupBy(a => a[0]).ToDictionary(g => g.Key, g => g.Select(a => a[1]).ToList());
}
