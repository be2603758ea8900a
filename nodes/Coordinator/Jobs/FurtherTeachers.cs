using Ism.Models.Codebook;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Jobs;

/// <summary>A token sequence beside the autoencoder's.</summary>
/// <param name="Name">Of its column, head and metrics.</param>
/// <param name="Clusters">Number of tokens.</param>
/// <param name="Excluded">Which token is left out of its loss, as the job says it.</param>
/// <param name="ExcludedSetting">Where the job says it.</param>
/// <param name="Weight">Weight of its loss.</param>
public sealed record FurtherTeacher(string Name, int Clusters, string Excluded, string ExcludedSetting, double Weight);

/// <summary>All teachers but the autoencoder, in the order of their columns in the token files: MutRank, then those made elsewhere.</summary>
public static class FurtherTeachers
{
    /// <summary>Lists them; MutRank's codebook must stand.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static IReadOnlyList<FurtherTeacher> Of(IJobServices services)
    {
        var teachers = services.Job.Teachers.Select(teacher => new FurtherTeacher(
            teacher.Name, teacher.TokenCount, teacher.Excluded, $"excluded of teacher {teacher.Name}", teacher.Weight));
        var settings = services.Job.Mutrank;
        return settings.IsOn
            ? [new FurtherTeacher(
                MutRankOptions.Teacher, StructureCodebook.Load(MutRankStage.CodebookOf(services)).Tokens, settings.ExcludedToken,
                "mutrank.excludedToken", settings.Weight), .. teachers]
            : [.. teachers];
    }
}
