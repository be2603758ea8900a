using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Api;

/// <summary>A job read from what was submitted: the job, or every problem with it.</summary>
/// <param name="Job">The resolved job; null when there is a problem.</param>
/// <param name="Problems">Each names place, key, value and what to change.</param>
/// <param name="Notes">What is worth knowing and no problem.</param>
public sealed record JobReading(JobOptions? Job, IReadOnlyList<string> Problems, IReadOnlyList<string> Notes);

/// <summary>Reads and checks submitted jobs; job files are the command line's matter, which implements it.</summary>
public interface IJobReader
{
    /// <summary>Reads a job file (YAML; JSON is YAML too).</summary>
    /// <param name="text">The file.</param>
    /// <param name="sets">Overrides "a.b=c".</param>
    /// <param name="thoroughly">Also what takes a while: that sources hold structures, that models load.</param>
    JobReading Read(string text, IReadOnlyList<string> sets, bool thoroughly);
}
