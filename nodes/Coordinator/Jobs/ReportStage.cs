using Ism.Models.Codebook;

namespace Ism.Coordinator.Jobs;

/// <summary>Accounts for every structure and writes the report.</summary>
public static class ReportStage
{
    public static void Run(IJobServices services, JobCatalogues catalogues, TokenisedCatalogues tokens, string codebook, ExcludedToken excluded)
    {
        _ = (services, catalogues, tokens, codebook, excluded);
    }
}
