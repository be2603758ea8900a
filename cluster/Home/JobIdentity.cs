using System.Security.Cryptography;
using System.Text;
using Ism.Protocol.Jobs;

namespace Ism.Cluster.Home;

/// <summary>Which jobs are the same job.</summary>
public static class JobIdentity
{
    private const int LongestName = 40;
    private const int HashLength = 8;

    /// <summary>The job without what may differ between runs of it: where it lies, numbers of nodes, threads and deadlines do not change
    /// what is computed.</summary>
    public static JobOptions Comparable(JobOptions job) => job with
    {
        Workspace = "",
        Cluster = new ClusterOptions(),
        Corpus = job.Corpus with { StructureSeconds = 0, StructureMegabytes = 0 },
        Featurizing = job.Featurizing with { Cache = "" },
    };

    /// <summary>The job's id: its name as far as a folder can be called so, and a hash of <see cref="Comparable"/>. The same job has the
    /// same id, so that submitting it twice makes one job.</summary>
    public static string Of(JobOptions job)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(JobJson.Write(Comparable(job))));
        return $"{Slug(job.Name)}-{Convert.ToHexStringLower(hash)[..HashLength]}";
    }

    private static string Slug(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name.ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                text.Append(c);
            }
            else if (text.Length > 0 && text[^1] != '-')
            {
                text.Append('-');
            }
        }

        var slug = text.ToString().Trim('-');
        slug = slug.Length > LongestName ? slug[..LongestName].Trim('-') : slug;
        return slug.Length == 0 ? "job" : slug;
    }
}
