namespace Ism.Cluster.Membership;

/// <summary>Who decides on membership. Equality by value.</summary>
/// <param name="Term">Grows with each new holder.</param>
/// <param name="Holder">Name of the holding node, e.g. "coordinator-0"; empty while a term is claimed and not yet begun.</param>
/// <param name="Address">Its address in the cluster.</param>
/// <param name="Beat">Grows with each renewal; who sees it grow knows that the holder lives.</param>
/// <param name="Released">The holder gave it back; anyone may take it at once.</param>
public sealed record LeaseRecord(long Term, string Holder, string Address, long Beat, bool Released = false);
