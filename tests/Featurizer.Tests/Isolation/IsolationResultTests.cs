using Ism.Corpus;
using Ism.Featurizer.Isolation;
using Ism.Models.Codebook;

namespace Ism.Featurizer.Tests.Isolation;

public class IsolationResultTests
{
    [Fact]
    public void Should_bring_features_home_bit_by_bit()
    {
        var path = Path.Combine(Path.GetTempPath(), $"ism-isolated-{Guid.NewGuid():N}.json");
        var random = new Random(5);
        var row = new TokenRow
        {
            Position = 3,
            Name = "s",
            Chain = "A",
            Sequence = "ACDE",
            Tokens = [[1, 2, 3, 4]],
            Features = [.. Enumerable.Range(0, 400).Select(_ => (Half)((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-7, 4))))],
        };
        try
        {
            IsolationResult.Of(new StructureProduct([row], new Embeddings(Array.Empty<float>(), 1))).Save(path);
            var back = Assert.Single(IsolationResult.Load(path).Product().Rows);
            Assert.Equal(row.Features.Select(BitConverter.HalfToUInt16Bits), back.Features.Select(BitConverter.HalfToUInt16Bits));
            Assert.Equal(row.Tokens[0], back.Tokens[0]);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
