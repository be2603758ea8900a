using System.CommandLine;
using Ism.Cli.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>The job file and its overrides, as every verb takes them that works on a job.</summary>
public sealed class JobArguments
{
    private readonly Argument<string?> _file = new("JOB.yaml")
    {
        Description = "Job file; relative paths in it are taken from the current directory",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Override a setting, e.g. --set tuning.epochs=3 --set corpus.structures=FOLDER; the value is YAML, may be repeated",
        HelpName = "KEY=VALUE",
        DefaultValueFactory = _ => [],
    };

    /// <param name="fileNeeded">False where a job of defaults and overrides is of use.</param>
    public JobArguments(bool fileNeeded = true)
    {
        _file.Arity = fileNeeded ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne;
    }

    public void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_set);
    }

    /// <summary>The resolved job, its settings checked for sense, its paths as written.</summary>
    /// <exception cref="JobFileException">Anything is wrong with it.</exception>
    public JobFile Load(ParseResult parsed)
    {
        var file = JobFile.Load(parsed.GetValue(_file), parsed.GetValue(_set) ?? []);
        JobValidation.ThrowIfAny(JobValidation.Check(file.Job));
        return file;
    }
}
