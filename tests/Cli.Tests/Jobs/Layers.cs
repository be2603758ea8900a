using Ism.Cli.Jobs;

namespace Ism.Cli.Tests.Jobs;

/// <summary>Short ways to a job from text.</summary>
internal static class Layers
{
    public static JobFile Resolve(string yaml, params string[] overrides) => JobFile.Resolve(JobLayer.FromYaml("job.yaml", yaml), overrides);

    /// <summary>The problems of a job that must not resolve.</summary>
    public static IReadOnlyList<string> ProblemsOf(string yaml, params string[] overrides) =>
        Assert.Throws<JobFileException>(() => Resolve(yaml, overrides)).Problems;
}
