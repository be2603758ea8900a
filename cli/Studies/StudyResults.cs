using System.Globalization;
using System.Text;
using System.Text.Json;
using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Labels;
using Ism.Evaluation.Metrics;
using Ism.Evaluation.Studies;
using Ism.Evaluation.Tasks;

namespace Ism.Cli.Studies;

/// <summary>What a study found.</summary>
/// <param name="Table">All results.</param>
internal sealed record StudyResults(StudyTable Table)
{
    private const string Features = "features";

    /// <summary>Tries every model that is done in every task; features of models are kept in the study's workspace.</summary>
    /// <exception cref="InvalidDataException">The structures give no labels.</exception>
    public static StudyResults Of(StudyOptions study, IReadOnlyList<StudyRun> done, VerbContext context, CancellationToken cancel)
    {
        var chains = Chains(study, context);
        var options = new TaskOptions
        {
            Features = new FeatureOptions { CacheFolder = Path.Combine(Path.GetFullPath(study.Workspace), Features) },
            Note = context.Error.WriteLine,
        };
        var arms = new List<ArmScores>();
        foreach (var task in study.Evaluate.Tasks)
        {
            var data = Data(chains, task);
            foreach (var arm in done.GroupBy(run => run.Arm!.Name))
            {
                var seeds = new List<(long, ModelScores)>();
                foreach (var run in arm)
                {
                    context.Error.WriteLine($"{task}: {run.Name}");
                    using var model = new EvaluatedModel(run.Name, run.Model);
                    seeds.Add((run.Seed, Score(task, model, data, options, cancel)));
                }

                arms.Add(new ArmScores(arm.Key, task, seeds));
            }
        }

        return new(StudyTable.Of(study.Baseline, arms, new Bootstrap()));
    }

    /// <summary>A table for a terminal: the main metric of each task and those that differ.</summary>
    public string Text(string baseline)
    {
        var text = new StringBuilder();
        foreach (var metric in Table.Rows.GroupBy(row => (row.Task, row.Metric)))
        {
            text.Append(CultureInfo.InvariantCulture, $"{metric.Key.Task}, {metric.Key.Metric}\n");
            foreach (var row in metric)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {row.Arm,-16} {EvaluationPage.Value(row.Pooled.Value)}  ({EvaluationPage.Interval(row.Pooled)})");
                if (row.Difference is { } difference)
                {
                    text.Append(CultureInfo.InvariantCulture, $"  {difference.Value:+0.000;-0.000} from {baseline} ({EvaluationPage.Interval(difference)})")
                        .Append(row.Apart ? ", intervals do not overlap" : "");
                }

                text.Append('\n');
            }
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>All rows as JSON.</summary>
    public string Json() => JsonSerializer.Serialize(
        new
        {
            baseline = Table.Baseline,
            proteins = Table.Proteins,
            rows = Table.Rows.Select(row => new
            {
                arm = row.Arm,
                task = row.Task,
                metric = row.Metric,
                value = Finite(row.Pooled.Value),
                low = Finite(row.Pooled.Low),
                high = Finite(row.Pooled.High),
                seeds = row.Seeds.Select(value => Finite(value)),
                difference = Finite(row.Difference?.Value),
                difference_low = Finite(row.Difference?.Low),
                difference_high = Finite(row.Difference?.High),
                apart = row.Apart,
            }),
        });

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static List<(ChainLabels Chain, Part Part)> Chains(StudyOptions study, VerbContext context)
    {
        var train = Read(study.Evaluate.Train);
        var most = study.Evaluate.MostTrain;
        var every = most == 0 || train.Count <= most ? 1 : (train.Count + most - 1) / most;
        return
        [
            .. train.Where((_, index) => index % every == 0).Select(chain => (chain, Part.Train)),
            .. Read(study.Evaluate.Test).Select(chain => (chain, Part.Test)),
        ];

        List<ChainLabels> Read(IReadOnlyList<string> sources)
        {
            context.Error.WriteLine($"labels of {string.Join(", ", sources)}");
            return [.. ChainLabels.Read(sources, refused: _ => { })];
        }
    }

    private static DataSet Data(List<(ChainLabels Chain, Part Part)> chains, string task)
    {
        var label = task switch
        {
            StudyFile.SecondaryStructure => ResidueLabel.ThreeStates,
            StudyFile.Burial => ResidueLabel.Exposure,
            _ => ResidueLabel.Contacts,
        };
        Example[] examples = [.. chains.Select(chain => ResidueData.Of(chain.Chain, label, chain.Part))];
        return new(examples, ResidueData.ClassNames(label, examples));
    }

    private static ModelScores Score(string task, EvaluatedModel model, DataSet data, TaskOptions options, CancellationToken cancel) => task switch
    {
        StudyFile.SecondaryStructure => ResidueTask.Classify(model, data, options, cancel),
        StudyFile.Burial => ResidueTask.Exposure(model, data, options, cancel),
        _ => ContactTask.Unsupervised(model, data, options, cancel: cancel),
    };
}
