using TorchSharp;

namespace Ism.Benchmarks.Gpu;

/// <summary>The matrix product rates that everything else is compared with.</summary>
internal static class MatmulPart
{
    public static IReadOnlyDictionary<string, double> Measure(torch.Device device)
    {
        var n = device.type == DeviceType.CUDA ? 8192 : 1024;
        var numbers = new Dictionary<string, double> { ["matmul.size"] = n };
        numbers["matmul.bf16_gflops"] = Rate(device, n, torch.ScalarType.BFloat16);
        numbers["matmul.gflops"] = Rate(device, n, torch.ScalarType.Float32);
        if (device.type == DeviceType.CUDA)
        {
            torch.backends.cuda.matmul.allow_tf32 = true;
            numbers["matmul.tf32_gflops"] = Rate(device, n, torch.ScalarType.Float32);
            torch.backends.cuda.matmul.allow_tf32 = false;
        }

        return numbers;
    }

    private static double Rate(torch.Device device, int n, torch.ScalarType dtype)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var generator = torch.manual_seed(1);
        var a = torch.randn(n, n, generator: generator).to(dtype, device);
        var b = torch.randn(n, n, generator: generator).to(dtype, device);
        return 2.0 * n * n * n / Timing.Best(device, () => a.mm(b)) / 1e9;
    }
}
