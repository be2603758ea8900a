using System.Globalization;
using Ism.Coordinator.Jobs;
using Ism.Corpus;
using Ism.Corpus.Streaming;
using Ism.GpuTrainer.Samples;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verification;

/// <summary>Each step was made of exactly the samples that catalogue, seed and step number prescribe, and the loss curve is that of an
/// undisturbed run.</summary>
internal static class StepChecks
{
    /// <summary>Recomputes the samples of every step from catalogue, seed and token files, and compares with what the trainers consumed.
    /// </summary>
    public static IEnumerable<Finding> Samples(
        JobOptions job, string stage, Catalogue catalogue, string tokens, IReadOnlyList<LoggedStep> log)
    {
        var total = StageSteps.Of(catalogue.Count, job.Tuning.GlobalBatch, job.Tuning.Epochs);
        var last = StepLog.Last(log);
        var missing = Enumerable.Range(1, (int)total).Where(s => !last.ContainsKey(s)).ToList();
        yield return new Finding(
            "every step is done", missing.Count == 0 && last.Count == total,
            missing.Count == 0 ? $"{total} steps" : $"{missing.Count} of {total} are missing, the first is {missing[0]}");

        var order = new SampleOrder(catalogue.Count, catalogue.ChunkSize, StageSteps.Seed(job.Seed, stage), job.Corpus.WindowChunks);
        var wrong = new List<string>();
        using var files = new OpenTokenFiles(tokens);
        foreach (var line in log)
        {
            try
            {
                var prescribed = Digest(order.Step(line.Step - 1, job.Tuning.GlobalBatch), files, job.Tuning.Crop);
                if (line.Digest != prescribed)
                {
                    wrong.Add($"step {line.Step} ({line.Digest}, prescribed {prescribed})");
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException)
            {
                wrong.Add($"step {line.Step} ({e.Message})");
            }
        }

        yield return new Finding(
            "each step's samples are exactly those that the order prescribes",
            wrong.Count == 0 && log.Count > 0,
            wrong.Count == 0 ? $"{log.Count} steps recomputed" : $"{wrong.Count} differ: {string.Join(", ", wrong.Take(3))}");

        var again = log.Count - last.Count;
        var worlds = string.Join(", ", log.Select(s => s.World).Distinct().Order());
        yield return new Finding(
            "steps done again", true,
            $"{again} of {total}; {log.Select(s => s.Generation).Distinct().Count()} generations of {worlds} trainers");
    }

    /// <summary>Compares step by step with another run of the same job.</summary>
    public static Finding Curve(IReadOnlyList<LoggedStep> log, IReadOnlyList<LoggedStep> undisturbed, double tolerance)
    {
        var (mine, theirs) = (StepLog.Last(log), StepLog.Last(undisturbed));
        if (!mine.Keys.SequenceEqual(theirs.Keys))
        {
            return new Finding("the loss curve is that of the undisturbed run", false, $"{mine.Count} steps here, {theirs.Count} there");
        }

        var worst = mine.Values.MaxBy(s => Difference(s, theirs[s.Step]))!;
        var largest = Difference(worst, theirs[worst.Step]);
        return new Finding(
            "the loss curve is that of the undisturbed run",
            largest <= tolerance,
            string.Create(CultureInfo.InvariantCulture, $"largest relative difference {largest:G3} at step {worst.Step}; {tolerance:G3} is allowed"));
    }

    private static double Difference(LoggedStep a, LoggedStep b) => Math.Abs(a.Loss - b.Loss) / Math.Max(1e-9, Math.Abs(b.Loss));

    private static string Digest(IReadOnlyList<SamplePosition> samples, OpenTokenFiles files, int crop)
    {
        var sum = 0UL;
        foreach (var sample in samples)
        {
            var drawn = TokenCrop.Draw(files.Of(sample.Chunk), sample.Position, sample.DrawKey, crop);
            sum = unchecked(sum + SampleDigest.Of(sample, drawn is null ? [] : drawn.ToBytes()));
        }

        return SampleDigest.Text(sum);
    }

    // The files of a few windows at a time.
    private sealed class OpenTokenFiles(string folder) : IDisposable
    {
        private const int Most = 256;
        private readonly Dictionary<int, TokenFile> _open = [];

        public TokenFile Of(int chunk)
        {
            if (!_open.TryGetValue(chunk, out var file))
            {
                if (_open.Count >= Most)
                {
                    Dispose();
                }

                _open[chunk] = file = TokenFile.Open(TokenFile.PathOf(folder, chunk));
            }

            return file;
        }

        public void Dispose()
        {
            foreach (var file in _open.Values)
            {
                file.Dispose();
            }

            _open.Clear();
        }
    }
}
