using System.Globalization;
using Ism.Protocol.Jobs;
using Ism.Structures.Alignments;

namespace Ism.Cli.Jobs.Rules;

/// <summary>What holds of MutRank's settings.</summary>
internal static class MutRankRules
{
    // Tokens of a teacher are 16-bit numbers, one of which means that there is none.
    private const int MostClusters = 32_767;

    public static void Check(JobOptions job, Problems found)
    {
        var mutrank = job.Mutrank;
        found.OneOf("mutrank.target", mutrank.Target, [.. EvolutionaryTarget.Names]);
        found.Range("mutrank.clusters", mutrank.Clusters, 2, MostClusters);
        found.Range("mutrank.epochs", mutrank.Epochs, 0, 10_000);
        found.Range("mutrank.pseudoCounts", mutrank.PseudoCounts, 0, 1e6);
        found.Limit("mutrank.identity", "above 0, at most 1");
        if (mutrank.Identity is not (> 0 and <= 1))
        {
            found.Add("mutrank.identity", Problems.Text(mutrank.Identity), "must be above 0 and at most 1");
        }

        found.Range("mutrank.sequences", mutrank.Sequences, 1, 40_000);
        found.Range("mutrank.weight", mutrank.Weight, 0, 1e6);
        CheckExcludedToken(mutrank, found);
        if (mutrank is { IsOn: true, From.Length: 0 })
        {
            if (mutrank.Epochs == 0)
            {
                found.Add("mutrank.epochs", "0", "nothing would be trained; raise it, or give mutrank.from a trained one");
            }

            if (job.Codebook.StartSample < mutrank.Clusters)
            {
                found.Conflict(
                    ("codebook.startSample", job.Codebook.StartSample),
                    ("mutrank.clusters", mutrank.Clusters),
                    "K starts are drawn from the sample; raise codebook.startSample");
            }
        }
    }

    private static void CheckExcludedToken(MutRankOptions mutrank, Problems found)
    {
        found.Limit("mutrank.excludedToken", "`auto`, `none`, or a token id");
        if (mutrank.ExcludedToken is not ("auto" or "none")
            && !(int.TryParse(mutrank.ExcludedToken, NumberStyles.None, CultureInfo.InvariantCulture, out var token)
                && (token < mutrank.Clusters || mutrank.From.Length > 0)))
        {
            found.Add("mutrank.excludedToken", $"'{mutrank.ExcludedToken}'", $"use auto, none, or a token from 0 to {mutrank.Clusters - 1}");
        }
    }
}
