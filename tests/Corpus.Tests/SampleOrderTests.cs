using CsCheck;

namespace Ism.Corpus.Tests;

public class SampleOrderTests
{
    private static readonly Gen<(int Count, int ChunkSize, long Seed, int Window)> Shapes =
        Gen.Select(Gen.Int[1, 400], Gen.Int[1, 40], Gen.Long, Gen.Int[1, 12]);

    [Fact]
    public void Should_visit_every_position_exactly_once_an_epoch() => Shapes.Sample(
        shape =>
        {
            var order = new SampleOrder(shape.Count, shape.ChunkSize, shape.Seed, shape.Window);
            for (var epoch = 0; epoch < 3; epoch++)
            {
                var samples = order.Positions((long)epoch * shape.Count, shape.Count);
                Assert.All(samples, sample => Assert.Equal(epoch, sample.Epoch));
                Assert.Equal(Enumerable.Range(0, shape.Count).Select(position => (long)position),
                    samples.Select(sample => sample.Position).Order());
            }
        },
        seed: "0000KOIPBCH4", iter: 200, threads: 1);

    [Fact]
    public void Should_not_depend_on_batch_size_or_on_where_one_starts() => Gen.Select(Shapes, Gen.Int[1, 97]).Sample(
        (shape, batch) =>
        {
            var all = new SampleOrder(shape.Count, shape.ChunkSize, shape.Seed, shape.Window).Positions(0, 3 * shape.Count);
            var order = new SampleOrder(shape.Count, shape.ChunkSize, shape.Seed, shape.Window);
            var steps = 3 * shape.Count / batch;

            // Backwards: nothing may depend on what was asked before.
            for (var step = steps - 1; step >= 0; step--)
            {
                Assert.Equal(all.Skip(step * batch).Take(batch), order.Step(step, batch));
            }
        },
        seed: "0000KOIPBCH4", iter: 100, threads: 1);

    [Fact]
    public void Should_name_chunk_row_and_global_index_of_each_sample()
    {
        var order = new SampleOrder(103, 10, 5, 3);
        var samples = order.Step(7, 20);

        Assert.Equal(Enumerable.Range(140, 20).Select(index => (long)index), samples.Select(sample => sample.GlobalIndex));
        Assert.All(samples, sample => Assert.Equal(sample.Position, (sample.Chunk * 10L) + sample.Row));
        Assert.All(samples, sample => Assert.Equal(order.DrawKey(sample.Epoch, sample.Position), sample.DrawKey));
    }

    [Fact]
    public void Should_keep_samples_within_windows_of_the_chunk_order()
    {
        const int ChunkSize = 10;
        const int Window = 3;
        var order = new SampleOrder(103, ChunkSize, 5, Window);
        for (var epoch = 0; epoch < 2; epoch++)
        {
            var chunks = order.ChunkOrder(epoch);
            Assert.Equal(Enumerable.Range(0, 11), chunks.Order());
            var place = chunks.Select((chunk, index) => (chunk, index)).ToDictionary(pair => pair.chunk, pair => pair.index);
            var windows = order.Positions(epoch * 103L, 103).Select(sample => place[sample.Chunk] / Window).ToArray();
            Assert.Equal(windows.Order(), windows);
            var first = order.Positions(epoch * 103L, 2 * ChunkSize).Select(sample => sample.Chunk).Distinct();
            Assert.Equal(Window, first.Count());
        }
    }

    [Fact]
    public void Should_differ_between_seeds_and_epochs()
    {
        var one = new SampleOrder(1000, 10, 1, 4);
        var two = new SampleOrder(1000, 10, 2, 4);

        Assert.NotEqual(one.ChunkOrder(0), two.ChunkOrder(0));
        Assert.NotEqual(one.ChunkOrder(0), one.ChunkOrder(1));
        Assert.NotEqual(Positions(one, 0), Positions(two, 0));
        Assert.NotEqual(Positions(one, 0), Positions(one, 1));
        Assert.Equal(2000, one.Positions(0, 2000).Select(sample => sample.DrawKey).Distinct().Count());

        static long[] Positions(SampleOrder order, int epoch) =>
            [.. order.Positions(epoch * order.Count, 1000).Select(sample => sample.Position)];
    }

    [Fact]
    public void Should_keep_giving_the_order_that_running_jobs_have_seen()
    {
        // Fixed numbers: a change here breaks the resumption of every interrupted job.
        var order = new SampleOrder(20, 4, 7, 2);
        Assert.Equal(
            "7 6 19 17 4 5 16 18 3 0 2 13 14 1 15 12 11 10 8 9 | 4 3 2 1 0 | 72a344b62d691626",
            string.Join(' ', order.Positions(0, 20).Select(sample => sample.Position)) + " | "
            + string.Join(' ', order.ChunkOrder(1)) + " | " + order.DrawKey(1, 3).ToString("x16"));
    }

    [Fact]
    public void Should_refuse_an_empty_catalogue_and_negative_steps()
    {
        Assert.Contains("empty", Assert.Throws<ArgumentOutOfRangeException>(() => new SampleOrder(0, 256, 1, 16)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SampleOrder(5, 2, 1, 1).Step(-1, 4));
    }
}
