using System.Collections.Concurrent;
using System.Diagnostics;
using Ism.Cluster.Telemetry;
using Ism.GpuTrainer.Metrics;
using Ism.GpuTrainer.Tests.Boards;
using TorchSharp;

namespace Ism.GpuTrainer.Tests.Stages;

/// <summary>What a run of two ranks leaves of itself beside the model.</summary>
public class StageWatchTests
{
    public StageWatchTests() => torch.set_num_threads(1);

    [Fact]
    public void Should_leave_every_step_once_in_event_files_and_as_spans_of_each_rank()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Instruments.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var stage = new GenerationStage(steps: 5);
        using var a = new ThreadRank("a", stage);
        using var b = new ThreadRank("b", stage);
        const long generation = 77_001;
        _ = ThreadRank.Run(generation, livingState: false, a, b);

        var events = EventReader.ReadFolder(stage.Workspace.At("tensorboard", "line"));
        var steps = events.Where(e => e.Values.Count > 0).ToList();
        Assert.Equal(stage.StepLog().Select(s => s.Step), steps.Select(e => e.Step));
        Assert.Equal(stage.StepLog().Select(s => (float)s.Loss), steps.Select(e => e.Values["loss/total"]));
        Assert.All(steps, e => Assert.True(e.Values["memory/resident_bytes"] > 1e6));
        Assert.All(steps, e => Assert.Equal(2, e.Values["group/world"]));

        var own = spans.Where(s => Equals(s.GetTagItem("ism.generation"), generation)).ToList();
        Assert.Equal(10, own.Count);
        Assert.All(own, step => Assert.Equal(
            ["training.fetch", "training.collate", "training.counts", "training.forward", "training.backward", "training.reduce", "training.update"],
            spans.Where(s => s.ParentSpanId == step.SpanId).Select(s => s.OperationName)));
    }

    [Theory]
    [InlineData("NVIDIA H200", "bf16", 989.4)]
    [InlineData("NVIDIA H100 80GB HBM3", "tf32", 494.7)]
    [InlineData("NVIDIA H100 PCIe", "bf16", 756)]
    [InlineData("NVIDIA A100-SXM4-80GB", "fp32", 19.5)]
    public void Should_know_the_peak_of_devices(string name, string precision, double tera) =>
        Assert.Equal(tera * 1e12, DevicePeak.OfName(name, precision)!.Value, 1);

    [Fact]
    public void Should_not_guess_the_peak_of_a_device_it_does_not_know() => Assert.Null(DevicePeak.OfName("Some other device", "bf16"));
}
