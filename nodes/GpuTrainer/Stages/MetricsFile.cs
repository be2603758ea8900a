using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;
using Ism.Protocol.Training;

namespace Ism.GpuTrainer.Stages;

/// <summary>
/// Appends to metrics.jsonl, one JSON object a line. A step done again after an interruption appears again; the last line of a step
/// counts. Written by rank 0, so that it goes on while no coordinator is there. Lines that the disk does not take are kept and written
/// when it does; a line is there whole or not at all.
/// </summary>
internal sealed class MetricsFile(string path, TrainingStage stage)
{
    private const int MostKept = 100_000;
    private const int TailBytes = 256 * 1024;
    private static readonly JsonSerializerOptions Options = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly Queue<string> _lines = [];
    private bool _failing;

    /// <summary>Told once when the file cannot be written, and again when it can.</summary>
    public Action<string> Warn { get; set; } = _ => { };

    /// <summary>A completed step that the rank which was to write it may have died over: written unless it is among the last lines.
    /// </summary>
    public void StepIfMissing(CompletedStep step)
    {
        if (!LastLines().Any(line => IsOf(line, step.Result.Step + 1)))
        {
            Step(step);
        }
    }

    /// <summary>A completed step.</summary>
    public void Step(CompletedStep step) => Append(Line(step, step.Result));

    /// <summary>A step that was refused on all ranks.</summary>
    public void Refused(NonFiniteStepException refused, IReadOnlyList<long> samples, int world, long generation) => Append(new
    {
        stage = stage.StageId,
        step = refused.Step + 1,
        refused = refused.Message,
        what = refused.What,
        ranks = refused.Ranks,
        samples,
        world,
        generation,
        time = DateTimeOffset.UtcNow,
    });

    /// <summary>A checkpoint that was written, or could not be.</summary>
    public void Checkpoint(CheckpointOutcome outcome, string? problem) => Append(new
    {
        stage = stage.StageId,
        step = outcome.Step,
        checkpoint = new { written = problem is null, bytes = outcome.Saved?.Bytes, seconds = outcome.Seconds, problem },
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

    private object Line(CompletedStep step, StepResult result) => new
    {
        stage = stage.StageId,
        step = result.Step + 1,
        loss = result.TotalLoss,
        losses = result.Terms.Zip(result.Losses, (term, loss) => (term, loss)).Where(t => t.loss is not null).ToDictionary(t => t.term, t => t.loss),
        gradient_norm = result.GradientNorm,
        learning_rate = result.LearningRate,
        samples = result.Samples,
        samples_digest = SampleDigest.Text(result.SamplesDigest),
        tokens = result.UsefulTokens,
        tokens_per_second = step.TokensPerSecond,
        seconds = result.Timings.Total,
        waiting = step.Waiting,
        share_of_peak = step.PeakShare,
        resident_bytes = step.ResidentBytes > 0 ? step.ResidentBytes : (long?)null,
        outlier = result.Outliers.Count == 0 ? null
            : result.Outliers.ToDictionary(o => o.What, o => new { value = o.Value, mean = o.Mean, std = o.Deviation }),
        world = step.World,
        generation = step.Generation,
        time = DateTimeOffset.UtcNow,
    };

    private void Append(object line)
    {
        _lines.Enqueue(JsonSerializer.Serialize(line, Options));
        if (_lines.Count > MostKept)
        {
            _lines.Dequeue();
        }

        try
        {
            Write();
            if (_failing)
            {
                _failing = false;
                Warn($"{path} is written again; no line is lost");
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            if (!_failing)
            {
                _failing = true;
                Warn($"{path} cannot be written: {problem.Message}. Steps go on and their lines are kept in memory; make room on the disk "
                    + "or the file writable");
            }
        }
    }

    private void Write()
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var end = file.Seek(0, SeekOrigin.End);
        var cut = end > 0 && LastByte(file) != '\n';
        try
        {
            // A line that an earlier writer was killed over must not take the next one with it.
            file.Seek(end, SeekOrigin.Begin);
            file.Write(Encoding.UTF8.GetBytes((cut ? "\n" : "") + string.Concat(_lines.Select(line => line + "\n"))));
            _lines.Clear();
        }
        catch (IOException)
        {
            file.SetLength(end);
            throw;
        }
    }

    // Some hundred steps: the line looked for is the last one, or is not there.
    private string[] LastLines()
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(file.Length, TailBytes), SeekOrigin.End);
            using var reader = new StreamReader(file);
            return reader.ReadToEnd().Split('\n');
        }
        catch (IOException)
        {
            return [];
        }
    }

    private bool IsOf(string line, long step)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            return root.GetProperty("stage").GetString() == stage.StageId && root.TryGetProperty("loss", out _)
                && root.GetProperty("step").GetInt64() == step;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return false;
        }
    }

    private static int LastByte(FileStream file)
    {
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte();
    }
}
