using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Cli.Jobs;

/// <summary>Makes the paths of a job absolute, so that processes with other current directories read the same files.</summary>
public static class JobPaths
{
    /// <summary>The job with every relative path taken from <paramref name="folder"/>. Empty paths stay empty, and
    /// addresses on S3 as they are.</summary>
    public static JobOptions Resolve(JobOptions job, string folder)
    {
        string One(string path) => path.Length == 0 || S3Address.Is(path) ? path : Path.GetFullPath(path, folder);
        IReadOnlyList<string> Each(IReadOnlyList<string> paths) => [.. paths.Select(One)];
        return job with
        {
            Workspace = One(job.Workspace),
            Model = job.Model with { From = One(job.Model.From) },
            Corpus = job.Corpus with { Structures = Each(job.Corpus.Structures), Heldout = Each(job.Corpus.Heldout) },
            Autoencoder = job.Autoencoder with { From = One(job.Autoencoder.From), Structures = Each(job.Autoencoder.Structures) },
            Featurizing = job.Featurizing with { Cache = One(job.Featurizing.Cache) },
            Codebook = job.Codebook with { From = One(job.Codebook.From) },
            Mutrank = job.Mutrank with { Alignments = One(job.Mutrank.Alignments), From = One(job.Mutrank.From) },
            Teachers = [.. job.Teachers.Select(teacher => teacher with { Tokens = One(teacher.Tokens) })],
        };
    }
}
