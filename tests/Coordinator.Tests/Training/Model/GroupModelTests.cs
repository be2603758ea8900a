using CsCheck;
using Xunit.Abstractions;
using static Ism.Coordinator.Tests.Training.Model.ModelEventKind;

namespace Ism.Coordinator.Tests.Training.Model;

/// <summary>
/// All interleavings of a few trainers' events up to a depth, state by state, and long random ones. After every event the invariants of
/// <see cref="GroupModel"/> hold, and from every state reached the group comes to run when nothing fails any more.
/// </summary>
public class GroupModelTests(ITestOutputHelper output)
{
    private static readonly ModelEventKind[] Always = [TrainerHears, GroupHears, Connect, Boundary, Break];

    [Theory]
    [InlineData("first generation, lost words", 2, "", 10, new[] { Register, LoseDown, LoseUp, Moment, Long })]
    [InlineData("deaths and returns", 2, "run", 8, new[] { Kill, NoticeDeath, Restart, Register, Long })]
    [InlineData("hangs and cuts", 3, "run", 6, new[] { Freeze, Thaw, Moment, Long })]
    [InlineData("joins and leaves", 3, "run two", 7, new[] { Register, Leave, NoticeDeath, Moment, Long })]
    [InlineData("pauses", 2, "run", 8, new[] { Pause, Resume, Kill, Register, Long })]
    [InlineData("fail-over", 2, "run", 10, new[] { Replace, Register, Kill, Long })]
    [InlineData("fail-over on the way", 3, "preparing", 8, new[] { Replace, Register, LoseUp, Long })]
    [InlineData("the end", 3, "run", 7, new[] { Complete, Kill, NoticeDeath, LoseUp, Register, Long })]
    public void Should_hold_in_every_interleaving(string what, int trainers, string from, int depth, ModelEventKind[] kinds)
    {
        var allowed = kinds.Concat(Always).ToHashSet();
        var prefix = Prefix(trainers, from);
        var seen = new HashSet<string>();
        var frontier = new List<List<ModelEvent>> { prefix };
        var states = 0;
        for (var level = 0; level <= depth && frontier.Count > 0; level++)
        {
            var next = new List<List<ModelEvent>>();
            foreach (var path in frontier)
            {
                var model = After(trainers, path);
                if (!seen.Add(model.Describe()))
                {
                    continue;
                }

                states++;
                if (level < depth)
                {
                    next.AddRange(model.Possible(allowed.Contains).Select(e => (List<ModelEvent>)[.. path, e]));
                }

                Explained(path, model.MustGetToRunning);
            }

            frontier = next;
        }

        output.WriteLine($"{what}: {states} states, depth {depth}");
        Assert.True(states > 50, $"only {states} states were reached");
    }

    [Fact]
    public void Should_hold_in_long_random_histories() =>
        Gen.Int[0, 9999].List[1, 150].Sample(
            choices =>
            {
                var model = new GroupModel(3);
                var path = new List<ModelEvent>();
                Explained(path, () =>
                {
                    foreach (var choice in choices)
                    {
                        var possible = model.Possible(kind => kind != Complete || choice % 13 == 0).ToList();
                        // What flows is chosen as often as what fails.
                        var usual = possible.Where(e => Always.Contains(e.Kind) || e.Kind == Register).ToList();
                        var e = choice % 3 > 0 && usual.Count > 0 ? usual[choice % usual.Count] : possible[choice % possible.Count];
                        path.Add(e);
                        model.Apply(e);
                    }

                    model.MustGetToRunning();
                });
            },
            writeLine: output.WriteLine,
            iter: 3000);

    private static GroupModel After(int trainers, List<ModelEvent> path)
    {
        var model = new GroupModel(trainers);
        Explained(path, () => path.ForEach(model.Apply));
        return model;
    }

    private static void Explained(List<ModelEvent> path, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is Xunit.Sdk.XunitException or InvalidOperationException or NullReferenceException)
        {
            throw new Xunit.Sdk.XunitException($"after {string.Join(", ", path)}:\n{e}");
        }
    }

    // The shortest way to where the exploration begins.
    private static List<ModelEvent> Prefix(int trainers, string from)
    {
        var model = new GroupModel(trainers);
        var path = new List<ModelEvent>();
        if (from.Length == 0)
        {
            return path;
        }

        var registered = from == "run two" ? 2 : trainers;
        for (var i = 0; i < registered; i++)
        {
            Do(new ModelEvent(Register, i));
        }

        while (model.State.Phase != (from == "preparing" ? Coordinator.Training.GroupPhase.Preparing : Coordinator.Training.GroupPhase.Running)
            || (from != "preparing" && !model.Trainers.Take(registered).All(t => t.Ring is { Connected: true })))
        {
            var next = model.Possible(Always.Contains).Cast<ModelEvent?>().FirstOrDefault();
            Do(next ?? new ModelEvent(Long, -1));
        }

        return path;

        void Do(ModelEvent e)
        {
            path.Add(e);
            model.Apply(e);
        }
    }
}
