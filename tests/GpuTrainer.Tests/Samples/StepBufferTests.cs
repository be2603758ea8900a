using Ism.GpuTrainer.Samples;

namespace Ism.GpuTrainer.Tests.Samples;

public class StepBufferTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Should_hand_over_a_step_that_comes_while_it_is_waited_for_and_say_that_it_was_taken()
    {
        var taken = new List<long>();
        var buffer = new StepBuffer { Taken = taken.Add };
        FetchedSample[] samples = [new(default, new byte[] { 1, 2 })];
        var waiting = Task.Factory.StartNew(() => buffer.Take(7, Soon, CancellationToken.None, out _), TaskCreationOptions.LongRunning);

        buffer.Put(8, []);
        buffer.Put(7, samples);

        Assert.Same(samples, await waiting.WaitAsync(Soon));
        Assert.Equal([7], taken);
        Assert.Empty(buffer.Take(8, TimeSpan.Zero, CancellationToken.None, out _));
    }

    [Fact]
    public void Should_name_step_and_chunks_when_time_is_over()
    {
        var buffer = new StepBuffer();
        buffer.Describe("chunk corpus-1234/5 (no answer yet)");

        var late = Assert.Throws<TimeoutException>(() => buffer.Take(3, TimeSpan.FromMilliseconds(20), CancellationToken.None, out _));
        Assert.Contains("step 3", late.Message);
        Assert.Contains("chunk corpus-1234/5", late.Message);
    }

    [Fact]
    public void Should_end_the_wait_when_the_generation_is_over()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => new StepBuffer().Take(0, Soon, cancel.Token, out _));
    }
}
