using System.Globalization;
using Ism.Collectives;
using Ism.Collectives.Nccl;

namespace Ism.GpuTrainer.Metrics;

/// <summary>
/// Floating point operations a second that a device can do at most, as its maker states them for dense matrices: what a share of peak is
/// of. Known for some devices, and where the variable says it.
/// </summary>
public static class DevicePeak
{
    /// <summary>Variable with the peak of one device in TFLOP/s, over what is known here.</summary>
    public const string Variable = "ISM_PEAK_TFLOPS";

    private const double Tera = 1e12;

    // NVIDIA's data sheets, dense, in TFLOP/s: bfloat16, TF32, float32. The first whose name is in the device's counts.
    private static readonly (string Name, double BFloat16, double Tf32, double Float32)[] Known =
    [
        ("H100 PCIe", 756, 378, 51),
        ("H100 NVL", 835, 417.5, 60),
        ("H100", 989.4, 494.7, 66.9),
        ("H200 NVL", 835.5, 417.5, 60),
        ("H200", 989.4, 494.7, 66.9),
        ("A100", 312, 156, 19.5),
        ("A30", 165, 82, 10.3),
        ("L40S", 362.05, 183, 91.6),
    ];

    /// <summary>Of the device that a trainer computes on; null: not known.</summary>
    /// <param name="cudaDevice">Its number; null: the CPU.</param>
    /// <param name="precision">training.precision.</param>
    public static double? Of(int? cudaDevice, string precision)
    {
        if (double.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out var told) && told > 0)
        {
            return told * Tera;
        }

        return cudaDevice is { } number ? OfName(NameOf(number), precision) : null;
    }

    /// <summary>Of a device by its name; null: not known.</summary>
    internal static double? OfName(string name, string precision)
    {
        var found = Array.Find(Known, k => name.Contains(k.Name, StringComparison.OrdinalIgnoreCase));
        return found.Name is null ? null : Tera * precision switch
        {
            "bf16" => found.BFloat16,
            "tf32" => found.Tf32,
            _ => found.Float32,
        };
    }

    private static string NameOf(int number)
    {
        try
        {
            var devices = GpuDriver.Load().Devices;
            return number < devices.Count ? devices[number].Name : "";
        }
        catch (Exception e) when (e is GpuException or LibraryUnavailableException)
        {
            return "";
        }
    }
}
