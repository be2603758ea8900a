using Ism.Models.Esm2;
using TorchSharp;

namespace Ism.Benchmarks.Gpu;

/// <summary>
/// A small ESM2 with the same weights in float64 on the CPU and in float32 and bfloat16 on the device: logits and gradients of one
/// batch, as relative L2 distances. Over the whole range of lengths, one residue included.
/// </summary>
internal static class ParityPart
{
    private static readonly Esm2Config Shape = new(4, 160, 20);
    private static readonly int[] Lengths = [1, 2, 17, 64, 64, 130, 255, 400];

    public static IReadOnlyDictionary<string, double> Measure(torch.Device device)
    {
        using var scope = torch.NewDisposeScope();
        var (logits, gradients) = Run(torch.CPU, torch.ScalarType.Float64);
        var numbers = new Dictionary<string, double>();
        foreach (var (name, dtype) in ((string, torch.ScalarType)[])[("fp32", torch.ScalarType.Float32), ("bf16", torch.ScalarType.BFloat16)])
        {
            var (ours, oursGradients) = Run(device, dtype);
            numbers[$"parity.{name}_logits"] = Distance([ours], [logits]);
            numbers[$"parity.{name}_gradients"] = Distance(oursGradients, gradients);
        }

        // fp32 differs from float64 by rounding alone; bf16 keeps 8 bits.
        numbers["parity.ok"] = numbers["parity.fp32_logits"] < 1e-4 && numbers["parity.fp32_gradients"] < 1e-3
            && numbers["parity.bf16_logits"] < 0.05 && numbers["parity.bf16_gradients"] < 0.15 ? 1 : 0;
        return numbers;
    }

    private static (torch.Tensor Logits, torch.Tensor[] Gradients) Run(torch.Device device, torch.ScalarType dtype)
    {
        using var model = Esm2Initialization.Random(Shape, 7, dtype, device);
        using var tokens = PackedTokens.From(
            [.. Lengths.Select(length => (IReadOnlyList<int>)[.. Enumerable.Range(0, length).Select(i => 4 + ((i * 7) + length) % 20)])],
            device);
        var logits = model.Logits(model.Represent(tokens, model.Layout(tokens)));
        logits.to(torch.ScalarType.Float32).log_softmax(-1)[.., 5].mean().backward();
        return (Exact(logits), [.. model.Parameters.Select(p => p.Tensor.grad).OfType<torch.Tensor>().Select(Exact)]);
    }

    private static torch.Tensor Exact(torch.Tensor tensor) => tensor.detach().to(torch.ScalarType.Float64, torch.CPU);

    private static double Distance(IReadOnlyList<torch.Tensor> ours, IReadOnlyList<torch.Tensor> theirs)
    {
        if (ours.Count != theirs.Count)
        {
            return double.PositiveInfinity;
        }

        var (difference, size) = (0.0, 0.0);
        for (var i = 0; i < ours.Count; i++)
        {
            difference += (ours[i] - theirs[i]).square().sum().item<double>();
            size += theirs[i].square().sum().item<double>();
        }

        return Math.Sqrt(difference / size);
    }
}
