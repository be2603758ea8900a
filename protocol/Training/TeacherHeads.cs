using MessagePack;

namespace Ism.Protocol.Training;

/// <summary>The head of a further teacher in structure-tuning.</summary>
/// <param name="Name">Of the token sequence.</param>
/// <param name="Clusters">Number of tokens.</param>
/// <param name="ExcludedToken">Token left out of the loss; -1 for none.</param>
/// <param name="Weight">Weight of its loss beside the autoencoder's.</param>
[MessagePackObject]
public sealed record TeacherHead(
    [property: Key(0)] string Name,
    [property: Key(1)] int Clusters,
    [property: Key(2)] int ExcludedToken,
    [property: Key(3)] double Weight);

/// <summary>The further teachers' heads in the order of their columns. Equality is that of the heads, so that a stage that was sent twice is
/// the same stage.</summary>
/// <param name="Items">The heads.</param>
[MessagePackObject]
public sealed record TeacherHeads([property: Key(0)] TeacherHead[] Items)
{
    /// <summary>No further teacher.</summary>
    public static TeacherHeads None { get; } = new([]);

    /// <inheritdoc/>
    public bool Equals(TeacherHeads? other) => other is not null && Items.AsSpan().SequenceEqual(other.Items);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Aggregate(Items.Length, HashCode.Combine);
}
