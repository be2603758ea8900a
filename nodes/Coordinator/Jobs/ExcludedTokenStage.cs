using Ism.Corpus;
using Ism.Models.Codebook;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// Chooses the token left out of the structure loss, from the first chunks of the training order: always the same ones, so that the
/// choice is the same however fast featurizers are.
/// </summary>
public static class ExcludedTokenStage
{
    /// <summary>The excluded token of the autoencoder's tokens with its reason and table.</summary>
    public static ExcludedToken Choose(
        IJobServices services, NamedCatalogue corpus, string tokens, string codebook, IReadOnlyList<int> order) =>
        Choose(
            services, corpus, tokens, order, 0, StructureCodebook.Load(services.Workspace.At(codebook)).Tokens,
            services.Job.Codebook.ExcludedToken, "codebook.excludedToken: ");

    /// <summary>The same of every further teacher, in their order.</summary>
    public static IReadOnlyList<ExcludedToken> OfTeachers(
        IJobServices services, NamedCatalogue corpus, string tokens, IReadOnlyList<int> order) =>
        [.. FurtherTeachers.Of(services).Select((teacher, i) => Choose(
            services, corpus, tokens, order, i + 1, teacher.Clusters, teacher.Excluded, $"{teacher.ExcludedSetting}: "))];

    private static ExcludedToken Choose(
        IJobServices services, NamedCatalogue corpus, string tokens, IReadOnlyList<int> order, int column, int clusters, string setting,
        string place)
    {
        var counts = new TokenConfidence(clusters);
        foreach (var chunk in order.Take(services.Job.Codebook.ExcludedTokenChunks))
        {
            using var file = TokenFile.Open(services.Workspace.Brought(TokenFile.PathOf(services.Workspace.At(tokens), chunk)));
            for (var row = 0; row < file.RowCount; row++)
            {
                if (file.HasPlddt(row))
                {
                    Count(counts, file.Tokens(column, row), file.Plddt(row));
                }
            }
        }

        try
        {
            return ExcludedToken.Choose(counts, setting);
        }
        catch (ArgumentException e)
        {
            throw new JobFailedException($"{place}{e.Message} ({corpus.Folder})", e);
        }
    }

    private static void Count(TokenConfidence counts, ReadOnlySpan<ushort> tokens, ReadOnlySpan<byte> plddt)
    {
        var (known, confidence) = (new List<ushort>(tokens.Length), new List<float>(tokens.Length));
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] != TokenRow.NoToken)
            {
                known.Add(tokens[i]);
                confidence.Add(plddt[i]);
            }
        }

        counts.Add([.. known], [.. confidence]);
    }
}
