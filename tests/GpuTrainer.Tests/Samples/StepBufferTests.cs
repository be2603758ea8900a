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
        var samples = new FetchedShare([new(default, new byte[] { 1, 2 })], plan: 9);
        var waiting = Task.Factory.StartNew(() => buffer.TryTake(7, Soon, Soon, CancellationToken.None), TaskCreationOptions.LongRunning);

        buffer.Put(8, new([]));
        buffer.Put(7, samples);

        Assert.Same(samples, await waiting.WaitAsync(Soon));
        Assert.Equal([7], taken);
        Assert.Empty(buffer.TryTake(8, TimeSpan.Zero, Soon, CancellationToken.None)!);
        Assert.Null(buffer.TryTake(9, TimeSpan.Zero, Soon, CancellationToken.None));
    }

    [Fact]
    public void Should_name_step_and_chunks_when_nobody_has_answered_for_too_long()
    {
        var buffer = new StepBuffer();
        buffer.Describe("chunk corpus-1234/5 (no answer yet)");
        buffer.SignOfLife();
        Assert.Null(buffer.TryTake(3, TimeSpan.FromMilliseconds(20), Soon, CancellationToken.None));

        var late = Assert.Throws<TimeoutException>(
            () => buffer.TryTake(3, TimeSpan.FromMilliseconds(40), TimeSpan.FromMilliseconds(30), CancellationToken.None));
        Assert.Contains("step 3", late.Message);
        Assert.Contains("chunk corpus-1234/5", late.Message);
    }

    [Fact]
    public void Should_end_the_wait_when_the_generation_is_over()
    {
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => new StepBuffer().TryTake(0, Soon, Soon, cancel.Token));
    }
}
