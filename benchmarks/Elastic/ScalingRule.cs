using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Ism.Benchmarks.Elastic;

/// <summary>One limit of how fast a number of replicas may change.</summary>
/// <param name="InPercent">Whether <paramref name="Value"/> is a share of those that were there, or a number of pods.</param>
/// <param name="Value">The limit.</param>
/// <param name="Period">Within which time.</param>
public sealed record ScalingPolicy(bool InPercent, int Value, TimeSpan Period);

/// <summary>What holds for one direction.</summary>
/// <param name="Window">Over which time wishes are looked at: the lowest of it counts upwards, the highest downwards.</param>
/// <param name="Policies">Limits, of which the one that lets most happen counts.</param>
public sealed record ScalingDirection(TimeSpan Window, IReadOnlyList<ScalingPolicy> Policies);

/// <summary>The rule of a ScaledObject with one Prometheus trigger, as its manifest has it.</summary>
/// <param name="Target">Name of the Deployment.</param>
/// <param name="Query">What Prometheus is asked.</param>
/// <param name="Threshold">So much of it for each replica.</param>
/// <param name="Min">Fewest replicas.</param>
/// <param name="Max">Most replicas.</param>
/// <param name="Up">How it grows.</param>
/// <param name="Down">How it shrinks.</param>
public sealed record ScalingRule(
    string Target, string Query, double Threshold, int Min, int Max, ScalingDirection Up, ScalingDirection Down)
{
    /// <summary>How often the autoscaler looks: --horizontal-pod-autoscaler-sync-period's default.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(15);

    /// <summary>Finds the ScaledObject among rendered manifests.</summary>
    /// <exception cref="InvalidDataException">There is none, or one that this reader does not understand.</exception>
    public static ScalingRule Parse(string manifests)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(manifests));
        var found = yaml.Documents.Select(d => (YamlMappingNode)d.RootNode).SingleOrDefault(d => Text(d, "kind") == "ScaledObject")
            ?? throw new InvalidDataException("there is no ScaledObject among the manifests");
        var spec = Node(found, "spec");
        var triggers = (YamlSequenceNode)spec["triggers"];
        if (triggers.Children.Count != 1 || Text(triggers[0], "type") != "prometheus" || Text(triggers[0], "metricType") != "AverageValue")
        {
            throw new InvalidDataException("one trigger of type prometheus with metricType AverageValue is understood");
        }

        if (Optional(spec, "idleReplicaCount") is not null)
        {
            throw new InvalidDataException("idleReplicaCount is not understood");
        }

        var metadata = Node(triggers[0], "metadata");
        var behavior = Node(Node(Node(spec, "advanced"), "horizontalPodAutoscalerConfig"), "behavior");
        return new ScalingRule(
            Text(Node(spec, "scaleTargetRef"), "name"), Text(metadata, "query"), double.Parse(Text(metadata, "threshold"), CultureInfo.InvariantCulture),
            Int(spec, "minReplicaCount"), Int(spec, "maxReplicaCount"), Direction(Node(behavior, "scaleUp")), Direction(Node(behavior, "scaleDown")));
    }

    /// <summary>The same rule in a shorter time, and with fewer replicas at most.</summary>
    public ScalingRule Hastened(double factor, int most)
    {
        ScalingDirection Of(ScalingDirection d) => new(d.Window / factor, [.. d.Policies.Select(p => p with { Period = p.Period / factor })]);
        return this with { Up = Of(Up), Down = Of(Down), Max = Math.Min(Max, most), Min = Math.Min(Min, most) };
    }

    private static ScalingDirection Direction(YamlNode node)
    {
        if (Optional(node, "selectPolicy") is { } select && select != "Max")
        {
            throw new InvalidDataException($"selectPolicy {select}: only Max is understood");
        }

        return new ScalingDirection(
            TimeSpan.FromSeconds(Int(node, "stabilizationWindowSeconds")),
            [.. ((YamlSequenceNode)node["policies"]).Select(p => new ScalingPolicy(
                Text(p, "type") == "Percent", Int(p, "value"), TimeSpan.FromSeconds(Int(p, "periodSeconds"))))]);
    }

    private static YamlNode Node(YamlNode node, string key) => node is YamlMappingNode map && map.Children.TryGetValue(key, out var value)
        ? value : throw new InvalidDataException($"the ScaledObject has no {key}");

    private static string? Optional(YamlNode node, string key) => ((YamlMappingNode)node).Children.TryGetValue(key, out var value) ? $"{value}" : null;

    private static string Text(YamlNode node, string key) => $"{Node(node, key)}";

    private static int Int(YamlNode node, string key) => int.Parse(Text(node, key), CultureInfo.InvariantCulture);
}
