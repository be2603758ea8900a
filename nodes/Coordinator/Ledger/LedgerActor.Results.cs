using Akka.Actor;
using Akka.Event;
using Ism.Coordinator.Metrics;
using Ism.Protocol.Chunks;

namespace Ism.Coordinator.Ledger;

/// <summary>Results and failures that featurizers tell, and committed files that are looked at again.</summary>
public sealed partial class LedgerActor
{
    private void OnFinished(ChunkFinished result)
    {
        var holder = Sender;
        var key = new ChunkKey(_setup.Work.Catalogue, result.Chunk);
        if (_state.Finish(result) is not { } committed)
        {
            var known = _state.CommitOf(result.Chunk)?.LeaseEpoch == result.LeaseEpoch;
            holder.Tell(new ChunkSettled(key, result.WorkId, result.LeaseEpoch, known));
            return;
        }

        Persist(committed, e =>
        {
            _state.Apply(e);
            _traces.End(e.LeaseEpoch, null);
            CoordinatorMetrics.Committed(_setup.Work.Kind, result);
            holder.Tell(new ChunkSettled(key, result.WorkId, result.LeaseEpoch, true));
            Report([e.Chunk]);
            LeaseMore();
        });
    }

    private void OnFailed(ChunkFailed failed)
    {
        // A failure is told until it is settled; it counts, and is worth a word, once.
        if (_state.Holds(failed.Chunk, failed.LeaseEpoch))
        {
            _traces.End(failed.LeaseEpoch, failed.Reason);
            CoordinatorMetrics.Failed(failed.Storage);
            _log.Warning("{0}: chunk {1} failed: {2}", PersistenceId, failed.Chunk, failed.Reason);
            Context.Parent.Tell(new LedgerTrouble(
                _setup.Work.WorkId, $"chunk {failed.Chunk} failed and is tried again: {failed.Reason}"));
            if (_state.Fail(failed.Chunk, failed.LeaseEpoch, DateTime.UtcNow, failed.Storage))
            {
                Context.Parent.Tell(new LedgerGaveUp(
                    _setup.Work.WorkId, $"chunk {failed.Chunk} failed again and again: {failed.Reason}"));
            }
        }

        Sender.Tell(new ChunkSettled(new ChunkKey(_setup.Work.Catalogue, failed.Chunk), failed.WorkId, failed.LeaseEpoch, false));
    }

    private void OnDamaged(ChunkDamaged damaged)
    {
        if (damaged.Key.Catalogue == _setup.Work.Catalogue && damaged.Output == _setup.Work.Output
            && damaged.Key.Chunk < _setup.Order.Count && _state.CommitOf(damaged.Key.Chunk) is { } commit && _checks.Begin(commit))
        {
            _log.Warning("{0}: a featurizer cannot serve chunk {1}: {2}", PersistenceId, damaged.Key.Chunk, damaged.Reason);
        }
    }

    private void OnChecked(ResultChecked result)
    {
        _checks.End(result);
        var chunk = result.Commit.Chunk;
        if (!ReferenceEquals(_state.CommitOf(chunk), result.Commit))
        {
            // Made again meanwhile; that commit speaks for itself.
            return;
        }

        if (result.Problem is { } problem)
        {
            Reopen(chunk, problem);
            Report([]);
            LeaseMore();
            return;
        }

        Report([chunk]);
    }

    private void Reopen(int chunk, string problem)
    {
        _log.Warning("{0}: the result of chunk {1} was committed, but {2}; it is made again", PersistenceId, chunk, problem);
        _checks.SetAside(chunk);
        _state.Reopen(chunk);
    }
}
