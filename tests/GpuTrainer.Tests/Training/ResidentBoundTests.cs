using Ism.GpuTrainer.Training;

namespace Ism.GpuTrainer.Tests.Training;

public class ResidentBoundTests
{
    [Fact]
    public void Should_give_back_what_grew_and_leave_alone_what_varies()
    {
        var (resident, given) = (0L, new List<int>());
        var step = 0;
        var bound = new ResidentBound(() => resident, () =>
        {
            given.Add(step);
            resident = 500_000_000;
        });
        for (; step < 40; step++)
        {
            // Between 1.00 and 1.07 GB.
            resident = 1_000_000_000 + (step % 8 * 10_000_000);
            Assert.False(bound.AfterStep());
        }

        var most = 0L;
        for (; step < 400; step++)
        {
            resident += 5_000_000;
            var gave = bound.AfterStep();
            Assert.Equal(gave, given.Count > 0 && given[^1] == step);
            most = Math.Max(most, resident);
        }

        Assert.True(given.Count > 2, $"given back {given.Count} times");
        Assert.True(most < 1_300_000_000, $"it grew to {most}");
        Assert.All(given.Zip(given.Skip(1), (one, next) => next - one), steps => Assert.True(steps > 8));
    }
}
