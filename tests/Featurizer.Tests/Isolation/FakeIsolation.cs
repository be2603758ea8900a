using Ism.Featurizer.Isolation;

namespace Ism.Featurizer.Tests.Isolation;

/// <summary>Ends as told, one end after the other; null does the work in this process.</summary>
internal sealed class FakeIsolation(params IsolationEnd?[] ends) : IIsolation
{
    private readonly List<long> _tried = [];

    /// <summary>Does the work where no end is told.</summary>
    public FeaturizerContext? Context { get; set; }

    /// <summary>Positions tried, in their order.</summary>
    public IReadOnlyList<long> Tried
    {
        get
        {
            lock (_tried)
            {
                return [.. _tried];
            }
        }
    }

    public IsolationEnd Run(string request, IsolationLimits limits, CancellationToken cancel)
    {
        int number;
        lock (_tried)
        {
            number = _tried.Count;
            _tried.Add(IsolationRequest.Load(request).Position);
        }

        return ends[Math.Min(number, ends.Length - 1)] ?? new InProcessIsolation(Context!).Run(request, limits, cancel);
    }
}
