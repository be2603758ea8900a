using MessagePack;

namespace Ism.Protocol.Chunks;

/// <summary>Names one chunk of one catalogue; the identity of its shard entity. Equality by value.</summary>
/// <param name="Catalogue">Folder name of the catalogue below the workspace's <c>catalogue/</c>.</param>
/// <param name="Chunk">Index of the chunk, from 0.</param>
[MessagePackObject]
public sealed record ChunkKey([property: Key(0)] string Catalogue, [property: Key(1)] int Chunk)
{
    /// <summary>The entity id, e.g. <c>corpus-1a2b3c4d/17</c>.</summary>
    [IgnoreMember]
    public string EntityId => $"{Catalogue}/{Chunk}";

    /// <inheritdoc/>
    public override string ToString() => EntityId;
}

/// <summary>A message to the entity of a chunk; the shard region routes by <see cref="Key"/>.</summary>
public interface IChunkMessage
{
    /// <summary>Which chunk's entity it is for.</summary>
    ChunkKey Key { get; }
}
