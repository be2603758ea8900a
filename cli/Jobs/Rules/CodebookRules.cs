using System.Globalization;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs.Rules;

/// <summary>What holds of the codebook's settings.</summary>
internal static class CodebookRules
{
    public static void Check(CodebookOptions codebook, Problems found)
    {
        if (codebook.From.Length == 0)
        {
            found.Range("codebook.clusters", codebook.Clusters, 2, CodebookOptions.MostClusters);
            found.Range("codebook.residuesPerStructure", codebook.ResiduesPerStructure, 0, 1_000_000);
            found.Range("codebook.startSample", codebook.StartSample, 1, 100_000_000);
            found.Range("codebook.maxIterations", codebook.MaxIterations, 1, 100_000);
            found.Limit("codebook.elbow", "each 1 to 65535");
            foreach (var k in codebook.Elbow.Where(k => k is < 1 or > 65_535))
            {
                found.Add("codebook.elbow", $"[…, {k}, …]", "every K is between 1 and 65535");
            }

            if (codebook.StartSample < codebook.Clusters)
            {
                found.Conflict(
                    ("codebook.startSample", codebook.StartSample),
                    ("codebook.clusters", codebook.Clusters),
                    "K starts are drawn from the sample; raise codebook.startSample");
            }
        }

        CheckExcludedToken(codebook, found);
        found.Range("codebook.excludedTokenChunks", codebook.ExcludedTokenChunks, 1, 1_000_000);
    }

    private static void CheckExcludedToken(CodebookOptions codebook, Problems found)
    {
        found.Limit("codebook.excludedToken", "`auto`, `none`, or a token id");
        if (codebook.ExcludedToken is "auto" or "none")
        {
            return;
        }

        if (!int.TryParse(codebook.ExcludedToken, NumberStyles.None, CultureInfo.InvariantCulture, out var token))
        {
            found.Add("codebook.excludedToken", $"'{codebook.ExcludedToken}'", "use auto, none, or a token id");
        }
        else if (codebook.From.Length == 0 && token >= codebook.Clusters)
        {
            found.Conflict(
                ("codebook.excludedToken", token),
                ("codebook.clusters", codebook.Clusters),
                $"tokens are 0 to {codebook.Clusters - 1}; use auto, none, or one of them");
        }
    }
}
