using Ism.Coordinator.Ledger;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Jobs;

/// <summary>
/// Tells how far the tokens of a job are: finished once every chunk of the corpus and of the held-out structures stands, and again when one
/// that proved damaged was made anew. Called by one thread at a time.
/// </summary>
/// <param name="emit">Takes the events.</param>
/// <param name="heldout">Whether there are held-out structures.</param>
internal sealed class TokenCourse(Action<RunEvent> emit, bool heldout)
{
    private readonly Lock _lock = new();
    private LedgerProgress? _corpus;
    private bool _heldoutStands = !heldout;

    /// <summary>Chunks of the corpus: those that are counted.</summary>
    public void Corpus(LedgerProgress progress)
    {
        lock (_lock)
        {
            _corpus = progress;
            Say(progress);
        }
    }

    /// <summary>Chunks of the held-out structures.</summary>
    public void Heldout(LedgerProgress progress)
    {
        lock (_lock)
        {
            var stood = _heldoutStands;
            _heldoutStands = progress.IsComplete;
            if (_heldoutStands != stood && _corpus is { IsComplete: true } corpus)
            {
                Say(corpus);
            }
        }
    }

    private void Say(LedgerProgress corpus) => emit(Events.Chunks(RunStages.Tokens, corpus, finished: corpus.IsComplete && _heldoutStands));
}
