namespace Ism.Cli.Tests;

/// <summary>Runs the command line within the test's process.</summary>
internal sealed record Invocation(int Code, string Output, string Error)
{
    public static async Task<Invocation> Of(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        using var interruption = Interruption.Silent();
        var code = await CommandLine.RunAsync(args, new VerbContext(output, error, interruption));
        return new Invocation(code, output.ToString(), error.ToString());
    }

    /// <summary>The lines on standard error.</summary>
    public string[] Problems => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
