using Ism.Coordinator.Api;
using Ism.Coordinator.Web;
using Ism.Evaluation.Reports;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Web;

public sealed class PagePartsTests
{
    private static readonly WorkStatus Work = new()
    {
        WorkId = "w",
        Catalogue = "c",
        Kind = "tokenise",
        Total = 1,
        Committed = 0,
        Leased = 0,
        Structures = 0,
        Quarantined = 0,
        Residues = 0,
    };

    [Fact]
    public void Should_draw_each_chunk_as_a_cell_and_name_who_holds_it()
    {
        var grid = ChunkGrid.Of(Work, Map([2, 1, 0, 3, 1], [1, 4]), a => a.ToUpperInvariant());
        Assert.Equal((1, 1), (grid.PerCell, grid.Rows));
        Assert.Equal([("waiting", 1), ("leased", 2), ("committed", 1), ("failing", 1)], grid.Layers.Select(l => (l.Key, l.Chunks)));
        Assert.Equal("M10 0h9v9h-9zM40 0h9v9h-9z", grid.Layers[1].Path);
        Assert.Equal([("A", 2)], grid.Holders);
    }

    [Fact]
    public void Should_draw_many_chunks_as_cells_of_several_with_the_worst_one_first()
    {
        var states = Enumerable.Repeat((byte)2, 9000).ToArray();
        (states[7], states[12], states[20], states[8999]) = (0, 1, 3, 0);
        var grid = ChunkGrid.Of(Work, Map(states, []), a => a);
        Assert.InRange((states.Length + grid.PerCell - 1) / grid.PerCell, 1, 2048);
        Assert.Equal([2, 1, 8996, 1], grid.Layers.Where(l => l.Key != "partly").Select(l => l.Chunks));
        Assert.Equal($"M{7 / grid.PerCell * 10} 0h9v9h-9z", grid.Layers.Single(l => l.Key == "partly").Path.Split('M')[1].Insert(0, "M"));
        Assert.Equal($"M{12 / grid.PerCell * 10} 0h9v9h-9z", grid.Layers.Single(l => l.Key == "leased").Path);
        Assert.Equal($"M{20 / grid.PerCell * 10} 0h9v9h-9z", grid.Layers.Single(l => l.Key == "failing").Path);
    }

    [Fact]
    public void Should_note_nodes_that_come_go_and_change()
    {
        var home = new Cluster.Home.JobHome(Directory.CreateTempSubdirectory("ism-diary-").FullName);
        try
        {
            using var diary = new NodeDiary(new ApiJobs(new HomePlaces(home), new JobDoor()), TimeProvider.System);
            diary.Take("a", [Node("trainer-0", "a"), Node("trainer-1", "b", "joining")]);
            diary.Take("a", [Node("trainer-0", "a"), Node("trainer-1", "b")]);
            diary.Take("a", [Node("trainer-0", "a", "unreachable")]);
            diary.Take("a", [Node("trainer-0", "c", "unreachable"), Node("trainer-1", "b")]);
            diary.Take("b", [Node("trainer-0", "d", "unreachable"), Node("ism@127.0.0.1:1", "f")]);
            diary.Take("b", [Node("trainer-0", "d", "unreachable"), Node("trainer-1", "e")]);
            Assert.Equal(
                ["trainer-0 came", "trainer-1 came", "trainer-0 unreachable", "trainer-1 gone", "trainer-0 came again", "trainer-1 came"],
                diary.Changes().Select(c => $"{c.Node} {c.What}"));
        }
        finally
        {
            Directory.Delete(home.Folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(1, 1000, new double[] { 1, 10, 100, 1000 })]
    [InlineData(3, 60, new double[] { 5, 10, 20, 50 })]
    [InlineData(2, 6, new double[] { 2, 3, 4, 5, 6 })]
    public void Should_label_a_logarithmic_axis_at_round_values(double low, double high, double[] ticks)
    {
        var found = new AxisScale(low, high, 0, 100, logarithmic: true).Ticks(5).ToList();
        Assert.Equal(ticks, found.Select(t => Math.Round(t, 9)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Should_keep_every_curve_inside_its_frame(bool logarithmic)
    {
        CurvePoint[] points = [new(1, 5), new(2, double.NaN), new(3, -1), new(4, 0.01), new(5, 5e6)];
        var frame = new ChartFrame(points, logarithmic, fromZero: false);
        Assert.All(points.Where(frame.IsShown), p =>
        {
            Assert.InRange(frame.X.At(p.X), ChartFrame.Left, ChartFrame.Right);
            Assert.InRange(frame.Y.At(p.Y), ChartFrame.Top, ChartFrame.Bottom);
        });
        Assert.Equal(2, frame.Path(points).Count(c => c == 'M'));
        Assert.True(new ChartFrame([new(1, -1)], logarithmic: true, fromZero: false).IsEmpty);
    }

    [Fact]
    public void Should_draw_long_curves_as_means_and_end_where_they_end()
    {
        var thin = CurveReader.Thin([.. Enumerable.Range(1, 4001).Select(i => new CurvePoint(i, i % 2))]);
        Assert.InRange(thin.Count, 300, 402);
        Assert.Equal(new CurvePoint(4001, 1), thin[^1]);
        Assert.All(thin.SkipLast(2), p => Assert.InRange(p.Y, 0.4, 0.6));
    }

    private static NodeView Node(string name, string address, string status = "up") => new(name, "trainer", address, status);

    private static ChunkMap Map(byte[] states, int[] held) => new()
    {
        WorkId = "w",
        States = states,
        Nodes = ["a"],
        Held = held,
        HeldBy = [.. held.Select(_ => 0)],
    };
}
