using System.Text.Json;
using Ism.Models.Esm2;

namespace Ism.Models.Tests.Esm2;

public class Esm2GoldenAlphabetTests
{
    [SkippableFact]
    public void Should_encode_text_in_both_published_ways()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(TinyEsm2.PathOf("tokenizer_cases.json")));
        var cases = file.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        foreach (var one in cases)
        {
            var text = one.GetProperty("text").GetString()!;
            Assert.Equal(Ids(one.GetProperty("hf_input_ids")), Esm2Alphabet.EncodeWithUnknown(text));
            var fair = one.GetProperty("fair_esm_encode");
            if (fair.ValueKind == JsonValueKind.Null)
            {
                Assert.Contains("is no ESM2 token", Assert.Throws<FormatException>(() => Esm2Alphabet.Encode(text)).Message);
            }
            else
            {
                Assert.Equal(Ids(fair), Esm2Alphabet.Encode(text));
            }
        }
    }

    [SkippableFact]
    public void Should_encode_the_reference_sequences_residue_by_residue()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(TinyEsm2.PathOf("inputs.json")));
        var sequences = file.RootElement.GetProperty("sequences").EnumerateArray().Select(s => s.GetString()!);
        var tokens = file.RootElement.GetProperty("tokens_nomask").EnumerateArray().Select(Ids);
        foreach (var (sequence, expected) in sequences.Zip(tokens))
        {
            Assert.Equal(expected.Where(id => id != Esm2Alphabet.Padding), Esm2Alphabet.EncodeResidues(sequence));
        }

        var vocabulary = file.RootElement.GetProperty("vocab").EnumerateArray().Select(token => token.GetString()!);
        Assert.Equal(vocabulary, Esm2Alphabet.Tokens);
    }

    [Theory]
    [InlineData("ACJ", "'J' at position 2")]
    [InlineData("aC", "'a' at position 0")]
    [InlineData("A*C", "'*' at position 1")]
    public void Should_say_which_character_is_no_residue(string sequence, string message)
    {
        Assert.Contains(message, Assert.Throws<FormatException>(() => Esm2Alphabet.EncodeResidues(sequence)).Message);
    }

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}
