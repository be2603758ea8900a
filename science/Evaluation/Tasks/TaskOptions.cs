using Ism.Evaluation.Features;
using Ism.Evaluation.Probes;

namespace Ism.Evaluation.Tasks;

/// <summary>What tasks have in common.</summary>
public sealed record TaskOptions
{
    /// <summary>Of probes.</summary>
    public ProbeOptions Probe { get; init; } = new();

    /// <summary>Of features.</summary>
    public FeatureOptions Features { get; init; } = new();

    /// <summary>Told what is under way: what, how many of how many.</summary>
    public Action<string, int, int>? Progress { get; init; }

    /// <summary>Told what a person should know, such as what was left out.</summary>
    public Action<string>? Note { get; init; }
}
