using System.Globalization;
using System.Text;
using Ism.Coordinator.Ledger;
using Ism.Corpus;
using Ism.Corpus.Alignments;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Jobs;

/// <summary>Profiles of the chains that have an alignment, and the account of those that have none.</summary>
internal static class ProfileStage
{
    private const string NoFile = "no alignment";

    /// <summary>Has the featurizers make the profiles of every chunk and writes <see cref="Workspace.MutRankAlignments"/>.</summary>
    /// <param name="services">The cluster.</param>
    /// <param name="catalogue">The structures.</param>
    /// <param name="output">Folder of the profiles below the workspace.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="JobFailedException">No chain has a profile.</exception>
    public static async Task RunAsync(IJobServices services, NamedCatalogue catalogue, string output, CancellationToken cancel)
    {
        var folder = services.Workspace.At(output);
        Directory.CreateDirectory(folder);
        var order = Enumerable.Range(0, catalogue.Catalogue.ChunkCount).ToArray();
        var work = new ChunkWork
        {
            WorkId = $"profile-{catalogue.Folder}",
            Kind = WorkKind.Profile,
            Catalogue = catalogue.Folder,
            Output = output,
        };
        var setup = LedgerSetups.Of(services.Job, work, order, chunk => ProfileFile.PathOf(folder, chunk)).On(services.Workspace);
        await services.WorkAsync(setup, Progress, cancel);
        Account(services, catalogue.Catalogue, folder);

        // Counted in chunks, where the stage counts steps.
        void Progress(LedgerProgress p) => services.Emit(RunEvent.Now(
            RunEventKind.Progress, RunStages.MutRank,
            message: $"profiles of alignments: {p.Totals.Chunks} of {p.Totals.TotalChunks} chunks"));
    }

    private static void Account(IJobServices services, Catalogue catalogue, string folder)
    {
        var (chains, known, refused, effective, example) = (0L, 0L, 0L, 0.0, "");
        DurableFile.Write(services.Workspace.At(Workspace.MutRankAlignments), stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
            writer.WriteLine("structure\tchain\tresidues\tresidues_with_column\tsequences\teffective_sequences\tproblem");
            for (var chunk = 0; chunk < catalogue.ChunkCount; chunk++)
            {
                var file = ProfileFile.Read(services.Workspace.Brought(ProfileFile.PathOf(folder, chunk)));
                foreach (var (position, profile) in file.Positions.SelectMany(position => file.Of(position).Select(profile => (position, profile))))
                {
                    var name = catalogue.EntryOf(position).Name;
                    chains++;
                    known += profile.IsKnown ? 1 : 0;
                    effective += profile.EffectiveSequences;
                    refused += profile.Problem.Length > 0 ? 1 : 0;
                    example = example.Length > 0 ? example : profile.Problem;
                    var problem = profile.IsKnown ? "" : profile.Problem.Length > 0 ? profile.Problem : NoFile;
                    writer.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Cell(name)}\t{Cell(profile.Chain)}\t{profile.Length}\t{profile.KnownResidues().Length}\t{profile.Sequences}\t{profile.EffectiveSequences:0.0}\t{Cell(problem)}"));
                }
            }
        });
        services.Workspace.Keep(Workspace.MutRankAlignments);
        var said = string.Create(
            CultureInfo.InvariantCulture,
            $"{known:N0} of {chains:N0} chains have an alignment of their own, of {effective / Math.Max(1, known):N1} effective sequences in the mean; {chains - known - refused:N0} have none in {services.Job.Mutrank.Alignments}, {refused:N0} one that cannot be used")
            + (refused > 0 ? $", e.g. {example}" : "") + $" ({Workspace.MutRankAlignments} names them)";
        if (known == 0)
        {
            throw new JobFailedException(
                $"mutrank.alignments: {said}; files are named as structures, 1abc_A.a3m or 1abc.a3m for chain A of 1abc.cif");
        }

        services.Emit(RunEvent.Now(refused > 0 ? RunEventKind.Warning : RunEventKind.Note, RunStages.MutRank, message: said));
    }

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace('\t', ' ');
}
