using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Ism.Cli.Estimation;
using Ism.Cli.Jobs;
using Ism.Cli.Verbs;
using Ism.Cluster.Security;

namespace Ism.Cli;

/// <summary>The verbs, and how their failures become an exit code and a line on standard error.</summary>
public static partial class CommandLine
{
    /// <summary>Set to 1 it does what --debug does: the whole exception is printed.</summary>
    public const string DebugVariable = "ISM_DEBUG";

    private static readonly Option<bool> Debug = new("--debug")
    {
        Description = $"Print the whole exception when something fails (as {DebugVariable}=1)",
        Recursive = true,
    };

    private static readonly Option<string?> Tls = new("--tls")
    {
        Description = $"Folder with the cluster's certificates: {TlsFolder.AuthorityFile}, and for nodes {TlsFolder.CertificateFile} and "
            + $"{TlsFolder.KeyFile} ({TlsFolder.Variable}); without it, {TlsFolder.NameInPlace}/ in the home or workspace where it is there",
        HelpName = "FOLDER",
        Recursive = true,
    };

    /// <summary>The command with all its verbs.</summary>
    public static RootCommand Create(VerbContext context)
    {
        var root = Root(context);
        foreach (var verb in StatusVerb.Create(context).Concat(ControlVerbs.Create(context)))
        {
            root.Add(verb);
        }

        return root;
    }

    private static RootCommand Root(VerbContext context) => new(
        "Trains sequence-only protein language models that know structure.")
    {
        Debug,
        Tls,
        DemoVerb.Create(context),
        RunVerb.Create(context),
        SubmitVerb.Create(context),
        WatchVerb.Create(context),
        LogsVerb.Create(context),
        ServeVerb.Create(context),
        TokenizeVerb.Create(context),
        NodeVerb.Create(context),
        SlurmVerb.Create(context),
        CompareVerb.Create(context),
        PodCostsVerb.Create(context),
        ConfigVerb.Create(context),
        EstimateVerb.Create(context),
        BenchVerb.Create(context),
        DoctorVerb.Create(context),
        EmbedVerb.Create(context),
        EvalVerb.Create(context),
        ScoreVerb.Create(context),
        ExportVerb.Create(context),
        ImportVerb.Create(context),
        DataVerb.Create(context),
        StudyVerb.Create(context),
        AtlasVerb.Create(context),
        SynthVerb.Create(context),
        CertsVerb.Create(context),
        VerifyVerb.Create(context),
        ChaosVerb.Create(context),
        IsolateVerb.Create(context),
        RehearseVerb.Create(context),
        ReferenceVerb.Create(context),
    };

    /// <summary>Parses and runs. Returns the exit code; never throws for what a user can cause.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, VerbContext context)
    {
        var parsed = Create(context).Parse(args.Count == 0 ? ["--help"] : args);
        var problems = UsageProblems(parsed);
        if (problems.Count > 0)
        {
            var verb = PathOf(parsed.CommandResult);
            problems.ForEach(p => Print(context.Error, $"{p} (see ism {verb}{(verb.Length == 0 ? "" : " ")}--help)"));
            return ExitCode.BadUsage;
        }

        try
        {
            if (parsed.GetValue(Tls) is { } folder)
            {
                // Children inherit it. The path of a secret is none.
                Environment.SetEnvironmentVariable(TlsFolder.Variable, Inputs.Existing("--tls", Path.GetFullPath(folder)));
            }

            var configuration = new InvocationConfiguration
            {
                Output = context.Output,
                Error = context.Error,
                EnableDefaultExceptionHandler = false,
                // Signals are heard by Interruption; this library's own handling ends the process after two seconds.
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, context.Interruption.Token);
        }
        catch (Exception e)
        {
            return Explain(e, context, parsed.GetValue(Debug) || Environment.GetEnvironmentVariable(DebugVariable) == "1");
        }
    }

    private static List<string> UsageProblems(ParseResult parsed)
    {
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            if (parsed.UnmatchedTokens.Count == 0)
            {
                return [.. parsed.Errors.Select(e => ForPeople(e.Message.TrimEnd('.')))];
            }

            // One word that is not understood makes several errors; the word says it all.
            var typed = parsed.UnmatchedTokens[0];
            var command = parsed.CommandResult.Command;
            var kind = typed.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "verb" : "argument";
            var near = NearestKey.Find(typed, command.Subcommands.Select(c => c.Name).Concat(command.Options.Select(o => o.Name)));
            return [$"unknown {kind} '{typed}'{(near is null ? "" : $"; did you mean '{near}'?")}"];
        }

        // An option that a verb does not know would otherwise be taken for its file.
        var options = parsed.CommandResult.Command.Options.Select(o => o.Name);
        return [.. parsed.Tokens
            .Where(t => t.Type == TokenType.Argument && t.Value.StartsWith("--", StringComparison.Ordinal))
            .Select(t => (t.Value, Near: NearestKey.Find(t.Value, options)))
            .Select(t => $"unknown option '{t.Value}'{(t.Near is null ? "" : $"; did you mean '{t.Near}'?")}")];
    }

    // The library names types of this language, and sets words apart by tabs.
    private static string ForPeople(string message)
    {
        var typed = Unparsable().Match(message);
        return !typed.Success ? Blanks().Replace(message, " ")
            : $"{typed.Groups["of"].Value.Replace("command", "verb", StringComparison.Ordinal)}: "
                + $"{(typed.Groups["type"].Value is "Double" or "Single" ? "a number" : "a whole number")} is needed, not '{typed.Groups["typed"].Value}'";
    }

    [GeneratedRegex(@"^Cannot parse argument '(?<typed>.*)' for (?<of>(command|option) '[^']*') as expected type 'System\.(Nullable`1\[System\.)?(?<type>Int32|Int64|Double|Single)\]?'$")]
    private static partial Regex Unparsable();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    private static int Explain(Exception e, VerbContext context, bool debug)
    {
        if (debug)
        {
            context.Error.WriteLine(e);
        }

        switch (e)
        {
            case OperationCanceledException when context.Interruption.Requested:
                Print(context.Error, context.Interruption.Farewell);
                return ExitCode.Failed;
            case JobFileException job:
                foreach (var problem in job.Problems)
                {
                    Print(context.Error, problem);
                }

                return ExitCode.BadUsage;
            case UsageException:
                Print(context.Error, e.Message);
                return ExitCode.BadUsage;
            default:
                Print(context.Error, IsForPeople(e) ? e.Message : $"{e.Message} ({e.GetType().Name}; --debug shows where)");
                return ExitCode.Failed;
        }
    }

    /// <summary>Exceptions whose message was written to be read alone.</summary>
    private static bool IsForPeople(Exception e) =>
        e is IOException or UnauthorizedAccessException or TimeoutException or InvalidDataException or FormatException || e.GetType().Namespace?.StartsWith("Ism.", StringComparison.Ordinal) == true;

    private static void Print(TextWriter error, string message) => error.WriteLine($"ism: {message.ReplaceLineEndings(" ")}");

    /// <summary>The verb as it is typed, e.g. "node trainer"; empty for none.</summary>
    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent
        ? $"{PathOf(parent)} {result.Command.Name}".TrimStart()
        : "";
}
