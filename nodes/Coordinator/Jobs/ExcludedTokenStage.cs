using Ism.Corpus;
using Ism.Models.Codebook;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// Chooses the token left out of the structure loss, from the first chunks of the training order: always the same ones, so that the
/// choice is the same however fast featurizers are.
/// </summary>
public static class ExcludedTokenStage
{
    /// <summary>The excluded token with its reason and table.</summary>
    public static ExcludedToken Choose(
        IJobServices services, NamedCatalogue corpus, string tokens, string codebook, IReadOnlyList<int> order)
    {
        var counts = new TokenConfidence(StructureCodebook.Load(services.Workspace.At(codebook)).Tokens);
        foreach (var chunk in order.Take(services.Job.Codebook.ExcludedTokenChunks))
        {
            using var file = TokenFile.Open(TokenFile.PathOf(services.Workspace.At(tokens), chunk));
            for (var row = 0; row < file.RowCount; row++)
            {
                if (file.HasPlddt(row))
                {
                    counts.Add(file.Tokens(0, row), Array.ConvertAll(file.Plddt(row).ToArray(), p => (float)p));
                }
            }
        }

        try
        {
            return ExcludedToken.Choose(counts, services.Job.Codebook.ExcludedToken);
        }
        catch (ArgumentException e)
        {
            throw new JobFailedException($"codebook.excludedToken: {e.Message} ({corpus.Folder})", e);
        }
    }
}
