namespace Ism.Cli.Diagnosis;

/// <summary>How a finding bears on running ISM here.</summary>
public enum FindingState
{
    /// <summary>A fact, or something that is as it should be.</summary>
    Ok,

    /// <summary>Works, but slower or with less than it could.</summary>
    Warning,

    /// <summary>Something that is needed is missing.</summary>
    Missing,
}

/// <summary>One thing looked at by `ism doctor`.</summary>
/// <param name="Name">Short name, the same in every run.</param>
/// <param name="State">How it bears on running ISM.</param>
/// <param name="Value">What was found.</param>
/// <param name="Advice">What to do; empty where nothing is to be done.</param>
public sealed record Finding(string Name, FindingState State, string Value, string Advice = "");
