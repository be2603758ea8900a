using Ism.GpuTrainer.Samples;
using Ism.GpuTrainer.Training;

namespace Ism.GpuTrainer.Stages;

/// <summary>A share as the objective takes it. An empty position (quarantined, filtered) is a sample of the order but gives nothing to
/// learn from; a sample that cannot be used is named.</summary>
internal sealed class DecodedShare<TSample>
{
    private readonly IReadOnlyList<FetchedSample> _share;
    private readonly List<int> _places = [];

    /// <summary>Decodes.</summary>
    /// <param name="share">What was fetched.</param>
    /// <param name="decode">A fetched sample as the objective takes it.</param>
    /// <param name="problem">What makes a decoded sample unusable; null when nothing does.</param>
    public DecodedShare(IReadOnlyList<FetchedSample> share, Func<FetchedSample, TSample> decode, Func<TSample, string?> problem)
    {
        _share = share;
        for (var i = 0; i < share.Count; i++)
        {
            if (share[i].Bytes.Length == 0)
            {
                continue;
            }

            try
            {
                var sample = decode(share[i]);
                if (problem(sample) is { } reason)
                {
                    Bad.Add(Suspect(i, reason));
                    continue;
                }

                Samples.Add(sample);
                _places.Add(i);
            }
            catch (InvalidDataException e)
            {
                Bad.Add(Suspect(i, e.Message));
            }
        }
    }

    /// <summary>The usable samples.</summary>
    public List<TSample> Samples { get; } = [];

    /// <summary>Those that are not.</summary>
    public List<SuspectSample> Bad { get; } = [];

    /// <summary>The samples at places of <see cref="Samples"/>, by catalogue position.</summary>
    public IEnumerable<SuspectSample> At(IEnumerable<int> places) => places.Select(place => Suspect(_places[place], ""));

    private SuspectSample Suspect(int i, string reason) => new(_share[i].Position.Position, _share[i].Position.DrawKey, reason);
}
