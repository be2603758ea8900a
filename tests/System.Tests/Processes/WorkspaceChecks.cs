using System.Globalization;
using System.Text.Json;
using Xunit.Abstractions;

namespace Ism.System.Tests.Processes;

/// <summary>`ism verify` as the judge of a finished workspace.</summary>
internal static class WorkspaceChecks
{
    /// <summary>Largest relative difference between the losses of two runs that is taken for rounding.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>One thing that was checked.</summary>
    public sealed record Finding(string What, bool Holds, string Detail);

    /// <summary>Requires that everything holds, beside an undisturbed run of the same job where one is given.</summary>
    public static async Task HoldAsync(ITestOutputHelper output, string workspace, RunResult? undisturbed = null)
    {
        var (code, findings) = await AskAsync(workspace, undisturbed);
        output.WriteLine(Text(findings));
        Assert.True(code == 0 && findings.All(f => f.Holds), $"`ism verify` ended with {code}:\n{Text(findings)}");
    }

    /// <summary>What the checker finds, with its exit code.</summary>
    public static async Task<(int Code, IReadOnlyList<Finding> Findings)> AskAsync(string workspace, RunResult? undisturbed)
    {
        string[] beside = undisturbed is null ? [] : ["--against", undisturbed.Workspace];
        var (code, said) = await IsmVerb.RunAsync(
            ["verify", workspace, .. beside, "--tolerance", Tolerance.ToString(CultureInfo.InvariantCulture), "--json"]);
        return (code, Parse(said));
    }

    /// <summary>The findings in what a verb printed.</summary>
    public static IReadOnlyList<Finding> Parse(string said)
    {
        var json = said.Split('\n').SingleOrDefault(line => line.StartsWith('['));
        Assert.True(json is not null, $"no findings were printed:\n{said}");
        return JsonSerializer.Deserialize<List<Finding>>(json, JsonSerializerOptions.Web)!;
    }

    /// <summary>For a person.</summary>
    public static string Text(IEnumerable<Finding> findings) =>
        string.Join('\n', findings.Select(f => $"{(f.Holds ? "holds " : "BROKEN")} {f.What}: {f.Detail}"));
}
