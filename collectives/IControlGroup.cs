namespace Ism.Collectives;

/// <summary>A group over which the members of a faster one (NCCL) are kept together: it carries what is in host memory, says who
/// is lost, and finds out who keeps the others waiting.</summary>
internal interface IControlGroup : ICollectiveGroup
{
    /// <summary>Looks between two operations, without waiting, whether the group is over.</summary>
    /// <returns>Whether another member has called <see cref="Agree"/>.</returns>
    /// <exception cref="CollectiveException">It is over: a member aborted it or is gone.</exception>
    bool Watch();

    /// <summary>Gathers a card of every member, in rank order, because something outside this group does not end.</summary>
    /// <param name="card">The same number of values on every rank.</param>
    /// <param name="within">Longest time without a byte moving.</param>
    /// <exception cref="CollectiveException">A member does not answer; the exception names it.</exception>
    long[] Agree(ReadOnlySpan<long> card, TimeSpan within);
}
