namespace Ism.Cli.Tests;

public class InterruptionTests
{
    [Fact]
    public async Task Should_cancel_at_the_first_interrupt_and_end_at_the_second()
    {
        var said = new StringWriter();
        var exits = new List<int>();
        var interruption = Interruption.Silent(said, exits.Add);
        var cancelled = new TaskCompletionSource();
        using var registration = interruption.Token.Register(cancelled.SetResult);
        var ended = 0;
        interruption.AtOnce += () => ended++;

        interruption.Interrupt();
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Contains("stopping", said.ToString());
        Assert.Equal(0, ended);
        Assert.Empty(exits);

        interruption.Interrupt();
        Assert.Equal(1, ended);
        Assert.Equal([ExitCode.Failed], exits);
    }

    [Fact]
    public async Task Should_not_speak_of_stopping_where_the_verb_only_looks()
    {
        var said = new StringWriter();
        using var interruption = Interruption.Silent(said);
        var cancelled = new TaskCompletionSource();
        using var registration = interruption.Token.Register(cancelled.SetResult);
        interruption.LooksOnly();
        interruption.Interrupt();
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("", said.ToString());
        Assert.Contains("the job goes on", interruption.Farewell);
    }

    [Fact]
    public async Task Should_ask_for_a_checkpoint_without_cancelling()
    {
        var interruption = Interruption.Silent();
        var asked = new TaskCompletionSource();
        using var registration = interruption.CheckpointFirst.Register(asked.SetResult);

        interruption.InterruptAfterCheckpoint();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(interruption.Requested);
    }
}
