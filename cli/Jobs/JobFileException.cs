namespace Ism.Cli.Jobs;

/// <summary>A job file, an override or a setting that cannot be used. The message has one line per problem, each with its place
/// (file and line, or the override) and what to change; it is meant for the person who wrote the job.</summary>
public sealed class JobFileException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public JobFileException(string problem)
        : this([problem])
    {
    }

    /// <summary>The problems, in the order in which they were met.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
