using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Benchmarks.Gpu;

/// <summary>
/// Attention within proteins laid end to end, forward and backward, at 650M's width (20 heads of 64): what the ways to compute it
/// cost on the same lengths. bfloat16 on a GPU, float32 on a CPU.
/// </summary>
internal static class AttentionPart
{
    private const int Heads = 20;
    private const int Width = 64;

    // The operators of variable length are not bound by TorchSharp. FlashAttention 2 (Dao 2023) and the memory-efficient kernel.
    private const string Scripts =
        """
        def flash(q, k, v, cu, longest: int, scale: float):
            o, l, r, u, d = torch._flash_attention_forward(q, k, v, cu, cu, longest, longest, 0.0, False, False, scale=scale)
            return [o, l, r, u]

        def flash_backward(g, q, k, v, o, l, cu, longest: int, r, u, scale: float):
            dq, dk, dv = torch._flash_attention_backward(g, q, k, v, o, l, cu, cu, longest, longest, 0.0, False, r, u, scale=scale)
            return [dq, dk, dv]

        """;

    public static IReadOnlyDictionary<string, double> Measure(torch.Device device, string variant, int tokens)
    {
        var dtype = device.type == DeviceType.CUDA ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32;
        var lengths = Lengths(tokens);
        using var scope = torch.NewDisposeScope();
        var generator = torch.manual_seed(3);
        var packed = Enumerable.Range(0, 4).Select(_ =>
            torch.randn(lengths.Sum(), Heads, Width, generator: generator).to(dtype, device)).ToArray();
        Action body = variant switch
        {
            "grouped" => () => Sdpa(packed, Groups(lengths)),
            "padded" => () => Padded(packed, lengths),
            "flash" => Flash(packed, lengths, device),
            _ => throw new ArgumentException($"--variant {variant}: use grouped, padded or flash"),
        };
        var seconds = Timing.Best(device, body);

        // Two products forward, five backward, 2 operations a multiplication.
        var flops = 14.0 * Heads * Width * lengths.Sum(length => (double)length * length);
        return new Dictionary<string, double>
        {
            [$"attention.{variant}_ms"] = 1e3 * seconds,
            [$"attention.{variant}_gflops"] = flops / seconds / 1e9,
            ["attention.tokens"] = lengths.Sum(),
            ["attention.proteins"] = lengths.Length,
        };
    }

    // Proteins of a structure corpus: log-normal about 250 residues, cropped to 512.
    private static int[] Lengths(int tokens)
    {
        var random = new CounterRandom(11, 5);
        var lengths = new List<int>();
        while (lengths.Sum() < tokens)
        {
            lengths.Add(2 + (int)Math.Clamp(250 * Math.Exp(0.6 * random.NextGaussian()), 40, 512));
        }

        return [.. lengths.Order()];
    }

    // Runs of equal length: first token, proteins, length.
    private static List<(int Start, int Count, int Length)> Groups(int[] lengths)
    {
        var groups = new List<(int, int, int)>();
        var start = 0;
        foreach (var group in lengths.GroupBy(length => length))
        {
            groups.Add((start, group.Count(), group.Key));
            start += group.Count() * group.Key;
        }

        return groups;
    }

    private static void Sdpa(torch.Tensor[] packed, List<(int Start, int Count, int Length)> groups)
    {
        foreach (var (start, count, length) in groups)
        {
            var parts = packed.Select(tensor =>
                tensor.narrow(0, start, count * length).view(count, length, Heads, Width).transpose(1, 2)).ToArray();
            ForwardBackward(parts, null);
        }
    }

    private static void Padded(torch.Tensor[] packed, int[] lengths)
    {
        var longest = lengths.Max();
        var device = packed[0].device;
        var mask = torch.arange(longest, device: device).unsqueeze(0) < torch.tensor(lengths, device: device).unsqueeze(1);
        var places = mask.view(-1).nonzero().squeeze(1);
        var parts = packed.Select(tensor =>
        {
            var padded = torch.zeros(lengths.Length * longest, Heads, Width, dtype: tensor.dtype, device: device);
            padded.index_copy_(0, places, tensor);
            return padded.view(lengths.Length, longest, Heads, Width).transpose(1, 2);
        }).ToArray();
        ForwardBackward(parts, mask.view(lengths.Length, 1, 1, longest));
    }

    private static void ForwardBackward(torch.Tensor[] parts, torch.Tensor? mask)
    {
        var (q, k, v) = (Leaf(parts[0]), Leaf(parts[1]), Leaf(parts[2]));
        torch.nn.functional.scaled_dot_product_attention(q, k, v, mask).backward([parts[3]]);

        static torch.Tensor Leaf(torch.Tensor tensor) => tensor.detach().requires_grad_(true);
    }

    private static Action Flash(torch.Tensor[] packed, int[] lengths, torch.Device device)
    {
        var scripts = torch.jit.compile(Scripts);
        var borders = new int[lengths.Length + 1];
        for (var i = 0; i < lengths.Length; i++)
        {
            borders[i + 1] = borders[i] + lengths[i];
        }

        var cu = torch.tensor(borders, device: device);
        // Held: of a plain number, invoke keeps only a handle that a garbage collection may free.
        Scalar longest = lengths.Max(), scale = 1 / Math.Sqrt(Width);
        return () =>
        {
            var (q, k, v, g) = (packed[0], packed[1], packed[2], packed[3]);
            var f = (torch.Tensor[])scripts.invoke("flash", q, k, v, cu, longest, scale);
            _ = scripts.invoke("flash_backward", g, q, k, v, f[0], f[1], cu, longest, f[2], f[3], scale);
            GC.KeepAlive(longest);
            GC.KeepAlive(scale);
        };
    }
}
