using System.Globalization;
using Akka.Cluster.Sharding;
using Akka.Util;
using Ism.Protocol.Chunks;

namespace Ism.Cluster.Sharding;

/// <summary>
/// Chunks fall into shards one after the other, so that every shard has as many as any other. A hash, as usual, would give some featurizers a
/// quarter more chunks than others, and the last ones would hold up all (seen in a simulation of 200 featurizers).
/// </summary>
internal sealed class ChunkExtractor(int shards) : IMessageExtractor
{
    /// <inheritdoc/>
    public string? EntityId(object message) => (message as IChunkMessage)?.Key.EntityId;

    /// <inheritdoc/>
    public object EntityMessage(object message) => message;

    /// <inheritdoc/>
    public string? ShardId(object message) => message is IChunkMessage chunk ? Name(ShardOf(chunk.Key.Catalogue, chunk.Key.Chunk)) : null;

    /// <inheritdoc/>
    public string ShardId(string entityId, object? messageHint = null)
    {
        var slash = entityId.LastIndexOf('/');
        return Name(ShardOf(entityId[..slash], int.Parse(entityId.AsSpan(slash + 1), CultureInfo.InvariantCulture)));
    }

    /// <summary>The shard of a chunk.</summary>
    public int ShardOf(string catalogue, int chunk) => (int)((uint)(MurmurHash.StringHash(catalogue) + chunk) % (uint)shards);

    private static string Name(int shard) => shard.ToString(CultureInfo.InvariantCulture);
}
