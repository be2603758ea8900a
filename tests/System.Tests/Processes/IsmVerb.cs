namespace Ism.System.Tests.Processes;

/// <summary>A verb of `ism` that answers and ends.</summary>
internal static class IsmVerb
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    /// <summary>Runs it; returns exit code and all that it printed.</summary>
    public static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = IsmProcess.Start(arguments);
        var code = await process.ExitAsync(Deadline);
        return (code, process.Output);
    }

    /// <summary>Says something to the job that runs in a workspace and requires that it is done; returns what it answered.</summary>
    public static async Task<string> TellAsync(string workspace, params string[] arguments)
    {
        var (code, said) = await RunAsync([.. arguments, "--workspace", workspace]);
        Assert.True(code == 0, $"`ism {string.Join(' ', arguments)}` ended with {code}: {said}");
        return said;
    }
}
