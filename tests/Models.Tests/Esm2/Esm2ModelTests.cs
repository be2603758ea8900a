using Ism.Models.Esm2;
using Ism.Models.Numerics;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Models.Tests.Esm2;

public class Esm2ModelTests
{
    private const Esm2Outputs All = Esm2Outputs.Representation | Esm2Outputs.Layers | Esm2Outputs.Logits | Esm2Outputs.Attentions
        | Esm2Outputs.Contacts;

    [Theory]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(24)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(80)]
    [InlineData(128)]
    public void Should_give_each_sequence_what_it_gets_alone(int headWidth)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var random = new CounterRandom(1, (ulong)headWidth);
        using var model = Esm2Initialization.Random(new Esm2Config(2, 2 * headWidth, 2), headWidth, torch.float64);
        var sequences = new int[6][];
        for (var i = 0; i < sequences.Length; i++)
        {
            sequences[i] = Sequence(ref random, i is 2 or 3 ? 11 : 1 + random.NextInt32(40)); // two neighbours of one length
        }

        using var packed = PackedTokens.From(sequences);
        using var together = model.Forward(packed, All);
        using var fused = model.Forward(packed, Esm2Outputs.Logits);
        Close.Require(together.Logits!, fused.Logits!, 1e-12, "logits with and without attention weights");

        long start = 0;
        for (var i = 0; i < sequences.Length; i++)
        {
            using var own = PackedTokens.From([sequences[i]]);
            using var alone = model.Forward(own, All);
            Close.Require(alone.Logits!, together.Logits!.narrow(0, start, sequences[i].Length), 1e-12, $"logits of {i}");
            Close.Require(alone.Layers![1], together.Layers![1].narrow(0, start, sequences[i].Length), 1e-12, $"layer 1 of {i}");
            Close.Require(alone.Attentions![0], together.Attentions![i], 1e-12, $"attentions of {i}");
            Close.Require(alone.Contacts![0], together.Contacts![i], 1e-12, $"contacts of {i}");
            start += sequences[i].Length;
        }
    }

    [Fact]
    public void Should_give_padding_and_mask_rows_no_gradient_from_the_look_up()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Esm2Initialization.Random(new Esm2Config(1, 16, 1), 1, torch.float64);
        using var tokens = PackedTokens.From([[0, 5, 32, 6, 2], [0, 32, 7, 2]]);
        using var layout = model.Layout(tokens);
        model.Represent(tokens, layout).sum().backward();
        var gradient = model.Tensor(Esm2Parameters.Embedding).grad!.abs().sum(1).data<double>().ToArray();
        Assert.Equal([0, 2, 5, 6, 7], Enumerable.Range(0, gradient.Length).Where(id => gradient[id] > 0));
    }

    [Fact]
    public void Should_compute_the_same_from_views_into_one_flat_buffer()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Esm2Initialization.Random(new Esm2Config(2, 32, 2), 2);
        using var tokens = PackedTokens.From([[0, 5, 6, 2], [0, 7, 2]]);
        using var before = model.Forward(tokens, Esm2Outputs.Logits);
        var flat = torch.cat([.. model.Parameters.Select(p => p.Tensor.detach().view(-1))], 0);
        long offset = 0;
        foreach (var (name, parameter) in model.Parameters)
        {
            var view = flat.narrow(0, offset, parameter.NumberOfElements).view(parameter.shape).requires_grad_();
            offset += parameter.NumberOfElements;
            model.SetParameter(name, view);
        }

        using var same = model.Forward(tokens, Esm2Outputs.Logits);
        Close.RequireSame(before.Logits!, same.Logits!, "logits from views");
        same.Logits!.sum().backward();
        Assert.All(model.Parameters, p => Assert.NotNull(p.Tensor.grad));

        using (torch.no_grad())
        {
            flat.zero_();
        }

        using var zero = model.Forward(tokens, Esm2Outputs.Logits);
        Assert.Equal(0f, zero.Logits!.abs().max().item<float>());
        Assert.Throws<ArgumentException>(() => model.SetParameter("lm_head.bias", torch.zeros(3)));
    }

    [Fact]
    public void Should_keep_no_tensors_over_training_steps()
    {
        using var model = Esm2Initialization.Random(new Esm2Config(2, 32, 2), 4);
        using var tokens = PackedTokens.From([[0, 5, 6, 2], [0, 7, 2], [0, 9, 2]]);
        Step();
        var statistics = DisposeScopeManager.Statistics;
        var live = statistics.ThreadTotalLiveCount;
        for (var step = 0; step < 3; step++)
        {
            Step();
            Assert.Equal(live, statistics.ThreadTotalLiveCount);
        }

        using var one = torch.zeros(1);
        Assert.Equal(live + 1, statistics.ThreadTotalLiveCount);

        void Step()
        {
            using var scope = torch.NewDisposeScope();
            using var layout = model.Layout(tokens);
            model.Logits(model.Represent(tokens, layout)).logsumexp(1).sum().backward();
            using var output = model.Forward(tokens, All);
        }
    }

    [Fact]
    public void Should_draw_the_same_weights_from_the_same_seed_only()
    {
        using var scope = torch.NewDisposeScope();
        var config = new Esm2Config(2, 64, 4);
        using var one = Esm2Initialization.Random(config, 7);
        using var two = Esm2Initialization.Random(config, 7);
        using var other = Esm2Initialization.Random(config, 8);
        foreach (var (name, tensor) in one.Parameters)
        {
            Close.RequireSame(tensor, two.Tensor(name), name);
            var constant = name.Contains("layer_norm", StringComparison.Ordinal) || name is "lm_head.bias"
                || name.EndsWith("out_proj.bias", StringComparison.Ordinal);
            Assert.Equal(constant, tensor.eq(other.Tensor(name)).all().item<bool>());
        }

        RequireUniform(one.Tensor("layers.1.self_attn.q_proj.weight"), Math.Sqrt(6.0 / 128 / 2));
        RequireUniform(one.Tensor("layers.1.self_attn.out_proj.weight"), Math.Sqrt(6.0 / 128));
        RequireUniform(one.Tensor("layers.0.fc2.weight"), 1 / Math.Sqrt(256));
        Assert.InRange(one.Tensor(Esm2Parameters.Embedding).std().item<float>(), 0.9 / 8, 1.1 / 8);
    }

    [Fact]
    public void Should_refuse_batches_that_are_not_packed()
    {
        using var scope = torch.NewDisposeScope();
        Assert.Throws<ArgumentException>(() => new PackedTokens(torch.zeros(5, dtype: torch.int64), [2, 2]));
        Assert.Throws<ArgumentException>(() => new PackedTokens(torch.zeros(4), [2, 2]));
        Assert.Throws<ArgumentException>(() => PackedTokens.From([[0, 1, 2]]));
        Assert.Throws<ArgumentException>(() => PackedTokens.From([[0, 33, 2]]));
        Assert.Throws<ArgumentException>(() => PaddedTokens.Pack(torch.tensor(new long[] { 0, 1, 2 }, 1, 3)));
    }

    [Fact]
    public void Should_go_from_padded_to_packed_and_back()
    {
        using var scope = torch.NewDisposeScope();
        var padded = torch.tensor(new long[] { 0, 5, 6, 2, 0, 7, 2, 1 }, 2, 4);
        using var packed = PaddedTokens.Pack(padded);
        Assert.Equal([4, 3], packed.Lengths);
        Close.RequireSame(torch.tensor(new long[] { 0, 5, 6, 2, 0, 7, 2 }), packed.Ids, "ids");
        var spread = PaddedTokens.Pad(packed.Ids.unsqueeze(1), packed.Lengths);
        Close.RequireSame(padded.masked_fill(padded.eq(Held.Of(1)), Held.Of(0)).unsqueeze(2), spread, "padded");
    }

    private static int[] Sequence(ref CounterRandom random, int residues)
    {
        var ids = new int[residues + 2];
        ids[^1] = Esm2Alphabet.Eos;
        for (var i = 1; i <= residues; i++)
        {
            ids[i] = random.NextInt32(10) == 0 ? Esm2Alphabet.Mask : Esm2Alphabet.FirstStandardResidue + random.NextInt32(20);
        }

        return ids;
    }

    private static void RequireUniform(torch.Tensor tensor, double bound)
    {
        Assert.InRange(tensor.abs().max().item<float>(), 0.98 * bound, bound);
        Assert.InRange(tensor.std().item<float>(), 0.95 * bound / Math.Sqrt(3), 1.05 * bound / Math.Sqrt(3));
    }
}
