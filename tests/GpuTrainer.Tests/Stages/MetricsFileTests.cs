using Ism.GpuTrainer.Stages;
using Ism.GpuTrainer.Tests.Training.Checkpoints;

namespace Ism.GpuTrainer.Tests.Stages;

public sealed class MetricsFileTests : IDisposable
{
    private readonly LineStage _stage = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _stage.Dispose();

    [Fact]
    public void Should_keep_lines_while_the_file_cannot_be_written_and_say_so_once()
    {
        var file = new MetricsFile(_stage.MetricsPath, _stage.Stage) { Warn = _warnings.Add };
        Evaluation(file, 1);
        File.Move(_stage.MetricsPath, _stage.MetricsPath + ".aside");
        Directory.CreateDirectory(_stage.MetricsPath);
        Evaluation(file, 2);
        Evaluation(file, 3);
        Assert.Contains("cannot be written", Assert.Single(_warnings));
        Directory.Delete(_stage.MetricsPath);
        File.Move(_stage.MetricsPath + ".aside", _stage.MetricsPath);
        Evaluation(file, 4);
        Assert.Equal([1, 2, 3, 4], Steps);
        Assert.Contains("written again", _warnings[1]);
    }

    [Fact]
    public void Should_not_join_a_line_to_one_that_was_cut_short()
    {
        File.WriteAllText(_stage.MetricsPath, "{\"step\":");
        Evaluation(new(_stage.MetricsPath, _stage.Stage), 5);
        var lines = File.ReadAllLines(_stage.MetricsPath);
        Assert.Equal(2, lines.Length);
        Assert.Contains("\"step\":5", lines[1]);
    }

    [SkippableFact]
    public void Should_have_whole_lines_only_on_a_full_disk()
    {
        using var disk = new CheckpointDisk();
        disk.MountSmall("64k");
        var path = Path.Combine(disk.Root, "metrics.jsonl");
        var file = new MetricsFile(path, _stage.Stage) { Warn = _warnings.Add };
        for (var step = 1; step <= 1000; step++)
        {
            Evaluation(file, step);
        }

        var there = File.ReadAllLines(path);
        Assert.InRange(there.Length, 10, 999);
        Assert.EndsWith("\n", File.ReadAllText(path));
        Assert.Single(_warnings);
    }

    private IEnumerable<long> Steps => File.ReadLines(_stage.MetricsPath)
        .Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("step").GetInt64());

    private static void Evaluation(MetricsFile file, long step) => file.Evaluation(step, new Dictionary<string, double> { ["a"] = 1 });
}
