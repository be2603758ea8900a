using System.Globalization;
using System.Text;
using System.Text.Json;
using Ism.Corpus;
using Ism.Evaluation.Reports;
using Ism.Models.Codebook;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Jobs;

/// <summary>Accounts for every structure (quarantine.tsv) and writes report.html from what the job has left in its workspace.</summary>
public static class ReportStage
{
    private const string TuningStage = "structure-tuning";
    private const string FirstTeacher = "autoencoder";

    /// <summary>Writes both.</summary>
    public static void Run(
        IJobServices services, JobCatalogues catalogues, TokenisedCatalogues tokens, string codebook,
        IReadOnlyList<ExcludedToken> excluded)
    {
        services.Emit(RunEvent.Now(RunEventKind.Started, RunStages.Report));
        var workspace = services.Workspace;
        var clusters = StructureCodebook.Load(workspace.At(codebook)).Tokens;
        var further = FurtherTeachers.Of(services);
        string[] teachers = [FirstTeacher, .. further.Select(teacher => teacher.Name)];
        int[] sizes = [clusters, .. further.Select(teacher => teacher.Clusters)];
        Bring(workspace, tokens.Corpus.Folder, catalogues.Corpus.Catalogue);
        if (catalogues.Heldout is { } held && tokens.Heldout is { } its)
        {
            Bring(workspace, its.Folder, held.Catalogue);
        }

        workspace.BringLog(Workspace.Metrics);
        var corpus = TokenSurvey.Of(workspace.At(tokens.Corpus.Folder), catalogues.Corpus.Catalogue.ChunkCount, sizes);
        var heldout = catalogues.Heldout is { } named && tokens.Heldout is { } work
            ? TokenSurvey.Of(workspace.At(work.Folder), named.Catalogue.ChunkCount, sizes)
            : null;
        WriteQuarantine(workspace.At(Workspace.Quarantine), corpus, heldout);
        var log = MetricsLog.Read(workspace.At(Workspace.Metrics));
        HtmlReport.Write(workspace.At(Workspace.Report), new RunReport
        {
            JobName = services.Job.Name,
            Summary = Summary(corpus, heldout, log, excluded[0]),
            Written = DateTimeOffset.Now,
            Environment = Environment(services.Job),
            Settings = [.. Settings(JsonDocument.Parse(JobJson.Write(services.Job)).RootElement, "")],
            Accounts = heldout is null ? [corpus.Account("corpus")] : [corpus.Account("corpus"), heldout.Account("held out")],
            Stages = [.. log.Stages.Select(s => Curves(log, s))],
            Tokens =
            [
                .. teachers.Select((teacher, i) => new TokenUse(teacher, corpus.Teachers[i], null, excluded[i].Token, Reason(corpus, i, excluded[i]))),
            ],
            Elbow = Elbow(workspace.At(codebook, CodebookStage.ElbowFile), clusters),
            Heldout = heldout is null ? [] : [.. Heldout(log, corpus, heldout, teachers, excluded)],
        });
        workspace.Keep(Workspace.Quarantine);
        workspace.Keep(Workspace.Report);
    }

    private static void Bring(Workspace workspace, string folder, Catalogue catalogue)
    {
        foreach (var chunk in workspace.Store is null ? [] : Enumerable.Range(0, catalogue.ChunkCount))
        {
            workspace.Bring(TokenFile.PathOf(workspace.At(folder), chunk));
        }
    }

    private static string Summary(TokenSurvey corpus, TokenSurvey? heldout, MetricsLog log, ExcludedToken excluded)
    {
        var account = corpus.Account("corpus");
        var text = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture,
            $"{account.Tokenised:N0} of {account.Structures:N0} structures tokenised, {account.QuarantinedCount:N0} quarantined."));
        if (heldout is not null && log.Evaluation(TuningStage, "structure.autoencoder.accuracy").Points is [.., var last])
        {
            text.Append(CultureInfo.InvariantCulture,
                $" On held-out structures the tuned model names {last.Y:P1} of the structure tokens from sequence alone; always naming the most frequent one gets {heldout.TokenBaseline(corpus.Tokens, excluded.Token):P1}.");
        }

        if (heldout is not null && log.Evaluation(TuningStage, "features.autoencoder.explained").Points is [.., var explained])
        {
            text.Append(CultureInfo.InvariantCulture,
                $" On held-out structures the tuned model explains {explained.Y:P1} of the variance of the encoder's embeddings from sequence alone.");
        }

        return text.ToString();
    }

    private static string Reason(TokenSurvey corpus, int teacher, ExcludedToken excluded) => corpus.ChainsWithoutTokens[teacher] == 0
        ? excluded.Reason
        : string.Create(CultureInfo.InvariantCulture, $"{excluded.Reason}; {corpus.ChainsWithoutTokens[teacher]:N0} chains have no tokens of this teacher");

    private static IEnumerable<HeldoutMetric> Heldout(
        MetricsLog log, TokenSurvey corpus, TokenSurvey heldout, string[] teachers, IReadOnlyList<ExcludedToken> excluded)
    {
        foreach (var metric in log.Evaluations(TuningStage).Where(m => m.EndsWith("explained", StringComparison.Ordinal)))
        {
            yield return new HeldoutMetric(
                metric.EndsWith("masked_explained", StringComparison.Ordinal)
                    ? "structure features explained, at masked residues"
                    : "structure features explained, all residues",
                log.Evaluation(TuningStage, metric),
                null)
            {
                IsExplained = true,
            };
        }

        foreach (var metric in log.Evaluations(TuningStage).Where(m => m.EndsWith("accuracy", StringComparison.Ordinal)))
        {
            var teacher = Array.FindIndex(teachers, name => metric.StartsWith($"structure.{name}.", StringComparison.Ordinal));
            if (metric == "mlm.accuracy")
            {
                yield return new HeldoutMetric("masked amino acids", log.Evaluation(TuningStage, metric), heldout.AminoAcidBaseline(corpus));
            }
            else if (teacher >= 0)
            {
                var of = teachers.Length == 1 ? "structure tokens" : $"structure tokens ({teachers[teacher]})";
                yield return new HeldoutMetric(
                    metric.EndsWith("masked_accuracy", StringComparison.Ordinal) ? $"{of}, at masked residues" : $"{of}, all residues",
                    log.Evaluation(TuningStage, metric),
                    heldout.TokenBaseline(corpus.Teachers[teacher], excluded[teacher].Token, teacher));
            }
        }
    }

    private static TrainingCurves Curves(MetricsLog log, string stage) => new(
        stage,
        [.. log.Names(stage, "losses.").Select(n => log.Curve(stage, n) with { Name = n["losses.".Length..] })],
        log.Curve(stage, "learning_rate"),
        log.Curve(stage, "tokens_per_second"));

    private static ElbowTable? Elbow(string path, int chosen) => Models.Codebook.Elbow.Load(path) is { } elbow
        ? new ElbowTable([.. elbow.Points.Select(p => new CurvePoint(p.Clusters, p.Inertia))], chosen, elbow.Knee)
        : null;

    private static void WriteQuarantine(string path, TokenSurvey corpus, TokenSurvey? heldout) => DurableFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("catalogue\tposition\tname\treason\tmessage");
        foreach (var (catalogue, survey) in new[] { ("corpus", corpus), ("heldout", heldout) })
        {
            foreach (var q in survey?.Quarantined ?? [])
            {
                writer.WriteLine($"{catalogue}\t{q.Position}\t{Cell(q.Name)}\t{q.Reason}\t{Cell(q.Message)}");
            }
        }
    });

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace('\t', ' ');

    private static ReportValue[] Environment(JobOptions job) =>
    [
        new("ISM", typeof(ReportStage).Assembly.GetName().Version!.ToString(3)),
        new("system", System.Runtime.InteropServices.RuntimeInformation.OSDescription),
        new("runtime", System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription),
        new("cores of the coordinator's machine", System.Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
        new("featurizers, trainers", $"{job.Cluster.Featurizers}, {job.Cluster.Trainers}"),
    ];

    private static IEnumerable<ReportValue> Settings(JsonElement element, string prefix)
    {
        foreach (var property in element.EnumerateObject())
        {
            var name = prefix + property.Name;
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var value in Settings(property.Value, name + "."))
                {
                    yield return value;
                }
            }
            else if (name != "cluster.journal")
            {
                // The journal's connection string may hold a password.
                yield return new ReportValue(name, property.Value.ToString());
            }
        }
    }
}
