namespace Ism.Featurizer.Isolation;

/// <summary>No isolation at all: the structure is tried once more in this process. For hosts that cannot start a process of this
/// program.</summary>
public sealed class InProcessIsolation(FeaturizerContext context) : IIsolation
{
    /// <inheritdoc/>
    public IsolationEnd Run(string request, IsolationLimits limits, CancellationToken cancel)
    {
        var reached = IsolationPhase.Starting;
        IsolatedWork.Run(context, request, phase => reached = phase);
        return new IsolationEnd(reached, false, 0, "");
    }
}
