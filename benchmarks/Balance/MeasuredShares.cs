using Ism.GpuTrainer.Benchmarks;
using Ism.GpuTrainer.Training;
using Ism.Models.Esm2;
using Ism.Models.StructureTuning;

namespace Ism.Benchmarks.Balance;

/// <summary>What shares really take: every rank's share, one after the other on the same cores, by the trainer of a real run.</summary>
internal sealed class MeasuredShares : IDisposable
{
    private readonly StructureTuningObjective _objective;
    private readonly DataParallelTrainer<TuningSample> _trainer;

    public MeasuredShares(Esm2Config shape, int tokensPerMicroBatch)
    {
        var model = Esm2Initialization.Random(shape, 1);
        _objective = new(model, [TunedHead.New("autoencoder", TrainingWorkload.Clusters, null, model, 1)], new()
        {
            TokensPerMicroBatch = tokensPerMicroBatch,
        });
        _trainer = new(_objective, new() { Schedule = new(1e-5, 0, 1_000_000) });
    }

    /// <summary>Seconds of processor time of each rank's forward and backward passes: the least of some rounds.</summary>
    /// <param name="shares">Lengths of each rank's crops.</param>
    /// <param name="rounds">Rounds, after one that warms up.</param>
    public double[] Seconds(IReadOnlyList<int[]> shares, int rounds)
    {
        var best = Enumerable.Repeat(double.PositiveInfinity, shares.Count).ToArray();
        for (var round = 0; round <= rounds; round++)
        {
            for (var rank = 0; rank < shares.Count; rank++)
            {
                var samples = TrainingWorkload.Samples(shares[rank], int.MaxValue);
                var used = Environment.CpuUsage.TotalTime;
                _trainer.Step(samples);
                var seconds = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
                best[rank] = round == 0 ? best[rank] : Math.Min(best[rank], seconds);
            }
        }

        return best;
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _objective.Dispose();
    }
}
