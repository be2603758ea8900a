using Ism.Coordinator.Api;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs;

/// <summary>Reads jobs that were submitted to the API, with the rules of job files.</summary>
public sealed class SubmittedJobs : IJobReader
{
    private const string Source = "job";

    /// <inheritdoc/>
    public JobReading Read(string text, IReadOnlyList<string> sets, bool thoroughly)
    {
        try
        {
            var job = JobFile.Resolve(JobLayer.FromYaml(Source, text), sets).Job;
            // Its folder is the home's matter.
            List<string> problems = [.. JobValidation.Check(job with { Workspace = "jobs" }), .. Relative(job)];
            if (problems.Count == 0)
            {
                problems.AddRange(JobValidation.CheckInputs(job with { Workspace = "" }));
            }

            if (problems.Count == 0 && thoroughly)
            {
                problems.AddRange(JobTrial.Problems(job));
            }

            return problems.Count > 0 ? new JobReading(null, problems, []) : new JobReading(job, [], Notes(job));
        }
        catch (JobFileException e)
        {
            return new JobReading(null, e.Problems, []);
        }
    }

    private static IEnumerable<string> Relative(JobOptions job) =>
        ((IEnumerable<(string Setting, string Path)>)
        [
            .. job.Corpus.Structures.Select(p => ("corpus.structures", p)),
            .. job.Corpus.Heldout.Select(p => ("corpus.heldout", p)),
            .. job.Autoencoder.Structures.Select(p => ("autoencoder.structures", p)),
            ("model.from", job.Model.From),
            ("autoencoder.from", job.Autoencoder.From),
            ("codebook.from", job.Codebook.From),
        ]).Where(p => p.Path.Length > 0 && !Path.IsPathRooted(p.Path))
        .Select(p => $"{p.Setting} = {p.Path}: a submitted job needs absolute paths, as all nodes have them; `ism submit` makes them so");

    private static List<string> Notes(JobOptions job) => job.Workspace == new JobOptions().Workspace ? []
        : [$"workspace = {job.Workspace}: a submitted job lies in the cluster's home instead"];
}
