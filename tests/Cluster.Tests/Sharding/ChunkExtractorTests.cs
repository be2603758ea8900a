using Ism.Cluster.Sharding;
using Ism.Protocol.Chunks;
using Ism.Protocol.Samples;

namespace Ism.Cluster.Tests.Sharding;

public class ChunkExtractorTests
{
    [Theory]
    [InlineData("corpus-1a2b3c4d")]
    [InlineData("heldout-99887766")]
    public void Should_give_every_shard_as_many_chunks_as_any_other(string catalogue)
    {
        var counts = Enumerable.Range(0, 3 * ChunkRegion.Shards).GroupBy(chunk => ChunkRegion.ShardOf(new ChunkKey(catalogue, chunk)));
        Assert.All(Enumerable.Range(0, ChunkRegion.Shards), shard => Assert.Equal(3, counts.Single(c => c.Key == shard).Count()));
    }

    [Fact]
    public void Should_find_the_same_shard_by_message_by_entity_and_by_chunk()
    {
        var extractor = new ChunkExtractor(ChunkRegion.Shards);
        var key = new ChunkKey("folder/of-a-corpus", 4711);
        var message = new GrantCredits(key, 1, 1);
        var shard = $"{ChunkRegion.ShardOf(key)}";
        Assert.Equal((shard, shard), (extractor.ShardId(message), extractor.ShardId(extractor.EntityId(message)!)));
        Assert.Null(extractor.ShardId((object)"not for a chunk"));
    }
}
