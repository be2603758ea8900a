using Ism.Coordinator.Jobs;
using Ism.Coordinator.Ledger;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Jobs;

public class TokenCourseTests
{
    private readonly List<RunEvent> _said = [];

    [Fact]
    public void Should_be_finished_when_corpus_and_heldout_stand_whichever_is_last()
    {
        foreach (var heldoutLast in (bool[])[true, false])
        {
            _said.Clear();
            var course = new TokenCourse(_said.Add, heldout: true);
            course.Corpus(Chunks(1, 2));
            Action<LedgerProgress>[] order = heldoutLast ? [course.Corpus, course.Heldout] : [course.Heldout, course.Corpus];
            order[0](Chunks(2, 2));
            Assert.DoesNotContain(_said, e => e.Kind == RunEventKind.Finished);
            order[1](Chunks(2, 2));
            Assert.Equal((RunEventKind.Finished, RunStages.Tokens, 2.0, 2.0), (_said[^1].Kind, _said[^1].Stage, _said[^1].Done, _said[^1].Total));
        }
    }

    [Fact]
    public void Should_run_again_while_a_damaged_chunk_is_made_anew_and_wait_for_files_that_are_still_checked()
    {
        var course = new TokenCourse(_said.Add, heldout: false);
        course.Corpus(Chunks(2, 2) with { Unchecked = 1 });
        course.Corpus(Chunks(2, 2));
        course.Corpus(Chunks(1, 2));
        course.Corpus(Chunks(2, 2));
        Assert.Equal(
            [RunEventKind.Progress, RunEventKind.Finished, RunEventKind.Progress, RunEventKind.Finished], _said.Select(e => e.Kind));
    }

    private static LedgerProgress Chunks(int done, int all) => new("tokenise", new LedgerTotals(done, all, 10 * done, 0, 100 * done), 0, []);
}
