namespace Ism.System.Tests;

/// <summary>Tests that would make every run of all tests too long, though another one shows most of what they do.</summary>
internal static class Soak
{
    /// <summary>Set to 1 it runs them.</summary>
    public const string Variable = "ISM_SOAK";

    /// <summary>Skips the test, with the reason, unless soak tests are asked for.</summary>
    public static void OrSkip() =>
        Skip.IfNot(Environment.GetEnvironmentVariable(Variable) == "1", $"a soak test: {Variable}=1 ./test System runs it, with a limit of 40 minutes");
}
