using System.Globalization;
using System.Text;
using Ism.Evaluation.Metrics;

namespace Ism.Evaluation.Tasks;

/// <summary>A model's metric with its interval.</summary>
/// <param name="Model">The model.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Estimate">Value and 95 % interval.</param>
public sealed record TableRow(string Model, string Metric, Estimate Estimate);

/// <summary>How one model differs from another.</summary>
/// <param name="Model">The model.</param>
/// <param name="Than">The other, whose value is subtracted.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Estimate">Paired difference and its 95 % interval.</param>
public sealed record DifferenceRow(string Model, string Than, string Metric, Estimate Estimate);

/// <summary>The results of models in one task: intervals and paired differences from the first model.</summary>
/// <param name="Task">The task.</param>
/// <param name="Proteins">Test proteins.</param>
/// <param name="Rows">Every model's metrics.</param>
/// <param name="Differences">Of every other model from the first.</param>
public sealed record EvaluationTable(
    string Task, int Proteins, IReadOnlyList<TableRow> Rows, IReadOnlyList<DifferenceRow> Differences)
{
    /// <summary>Makes the table.</summary>
    /// <exception cref="ArgumentException">There is no model, or they were tested on different proteins.</exception>
    public static EvaluationTable Of(string task, IReadOnlyList<ModelScores> models, Bootstrap bootstrap)
    {
        if (models.Count == 0)
        {
            throw new ArgumentException("there is no model to compare");
        }

        return new(task, models[0].Proteins.Count,
            [.. from model in models
                from metric in model.Metrics
                select new TableRow(model.Model, metric.Name, model.Estimate(metric.Name, bootstrap))],
            [.. from model in models.Skip(1)
                from metric in model.Metrics
                select new DifferenceRow(
                    model.Model, models[0].Model, metric.Name, model.Difference(models[0], metric.Name, bootstrap))]);
    }

    /// <summary>Values by protein of all models as CSV: model, protein, then the columns.</summary>
    public static string Csv(IReadOnlyList<ModelScores> models)
    {
        var text = new StringBuilder("model,protein");
        foreach (var column in models[0].Columns)
        {
            text.Append(',').Append(Quoted(column.Name));
        }

        text.Append('\n');
        foreach (var model in models)
        {
            for (var p = 0; p < model.Proteins.Count; p++)
            {
                text.Append(Quoted(model.Model)).Append(',').Append(Quoted(model.Proteins[p]));
                foreach (var column in model.Columns)
                {
                    text.Append(',').Append(double.IsNaN(column.Values[p]) ? ""
                        : column.Values[p].ToString("G6", CultureInfo.InvariantCulture));
                }

                text.Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Quoted(string cell) =>
        cell.AsSpan().ContainsAny(",\"\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
