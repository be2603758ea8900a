using System.Text.Json;
using Ism.GpuTrainer.Training;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer.Stages;

/// <summary>
/// Appends to metrics.jsonl, one JSON object a line. A step done again after an interruption appears again; the last line of a step
/// counts. Written by rank 0, so that it goes on while no coordinator is there.
/// </summary>
internal sealed class MetricsFile(string path, TrainingStage stage)
{
    /// <summary>A completed step.</summary>
    public void Step(StepResult result, double tokensPerSecond, double waiting, int world, long generation) => Append(new
    {
        stage = stage.StageId,
        step = result.Step + 1,
        loss = result.TotalLoss,
        losses = result.Terms.Zip(result.Losses, (term, loss) => (term, loss)).Where(t => t.loss is not null).ToDictionary(t => t.term, t => t.loss),
        gradient_norm = result.GradientNorm,
        learning_rate = result.LearningRate,
        samples = result.Samples,
        tokens = result.UsefulTokens,
        tokens_per_second = tokensPerSecond,
        waiting,
        world,
        generation,
        time = DateTimeOffset.UtcNow,
    });

    /// <summary>Held-out metrics after a step.</summary>
    public void Evaluation(long step, IReadOnlyDictionary<string, double> metrics) => Append(new
    {
        stage = stage.StageId,
        step,
        evaluation = metrics,
        time = DateTimeOffset.UtcNow,
    });

    private void Append(object line) => File.AppendAllText(path, JsonSerializer.Serialize(line) + "\n");
}
