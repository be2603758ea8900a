using System.Globalization;

namespace Ism.Featurizer;

/// <summary>
/// Failures on demand, for tests: a structure of a given name that crashes or hangs whoever works on it. Acts only when the variable
/// <c>ISM_FAULTS</c> is set, e.g. <c>crash:NAME;hang:NAME</c>. Kinds: <c>crash</c> (the runtime ends the process), <c>overflow</c> (of the
/// stack), <c>exit</c> (the process ends with code 3), <c>hang</c> (an endless loop), <c>throw</c> (an exception no one foresees); with
/// <c>-once</c> behind, only outside the process that tries a structure alone.
/// </summary>
public static class Faults
{
    /// <summary>The variable.</summary>
    public const string Variable = "ISM_FAULTS";

    private const string OutsideOnly = "-once";
    private static readonly Dictionary<string, string> Kinds = Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Called where a structure is worked on.</summary>
    public static void At(string name, bool alone)
    {
        if (Kinds.Count > 0 && Kinds.TryGetValue(name, out var kind))
        {
            Act(kind, name, alone);
        }
    }

    private static Dictionary<string, string> Parse(string? text) => (text ?? "")
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(fault => fault.Split(':', 2))
        .Where(parts => parts.Length == 2)
        .ToDictionary(parts => parts[1], parts => parts[0], StringComparer.Ordinal);

    private static void Act(string kind, string name, bool alone)
    {
        if (kind.EndsWith(OutsideOnly, StringComparison.Ordinal))
        {
            if (alone)
            {
                return;
            }

            kind = kind[..^OutsideOnly.Length];
        }

        switch (kind)
        {
            case "crash":
                Environment.FailFast($"a crash was asked for at {name}");
                break;
            case "overflow":
                Overflow(1);
                break;
            case "exit":
                Environment.Exit(3);
                break;
            case "hang":
                for (var spinning = new SpinWait(); ; spinning.SpinOnce())
                {
                }

            case "throw":
                throw new InvalidOperationException($"a defect was asked for at {name}");
            default:
                throw new InvalidOperationException($"{Variable} asks for '{kind}', which is no kind of fault");
        }
    }

    private static string Overflow(int depth) => Overflow(depth + 1) + depth.ToString(CultureInfo.InvariantCulture);
}
