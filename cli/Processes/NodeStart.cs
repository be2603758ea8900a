namespace Ism.Cli.Processes;

/// <summary>What a child is started with.</summary>
/// <param name="Role">coordinator, featurizer or trainer.</param>
/// <param name="Number">Number within the role, from 0.</param>
/// <param name="Arguments">Arguments after the executable, e.g. ["node", "trainer", …].</param>
/// <param name="Environment">Variables over those of this process.</param>
/// <param name="Prefix">Program and arguments that start the executable in its place; it must become it, as `exec` does.</param>
public sealed record NodeStart(
    string Role,
    int Number,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string>? Environment = null,
    IReadOnlyList<string>? Prefix = null);
