using System.Globalization;
using Ism.Collectives;
using Ism.Collectives.Nccl;

namespace Ism.Cli.Diagnosis;

/// <summary>GPUs, their driver, and what adds up gradients between them. None of it is needed: without GPUs all runs on CPUs.</summary>
internal static class GpuFindings
{
    private const double GiB = 1L << 30;

    /// <summary>Driver and devices.</summary>
    /// <param name="devices">How many devices there are.</param>
    public static IReadOnlyList<Finding> Driver(out int devices)
    {
        devices = 0;
        try
        {
            var driver = GpuDriver.Load();
            var found = driver.Devices;
            devices = found.Count;
            return
            [
                new Finding("gpu driver", FindingState.Ok, $"{driver.Name}, up to version {driver.VersionText}, {Count(devices)}"),
                .. found.Select(Describe),
            ];
        }
        catch (LibraryUnavailableException e)
        {
            return IsNamed(GpuDriver.Variable) || HasDisplayController()
                ? [new Finding("gpu driver", FindingState.Warning, e.Message, "all is computed on the CPU until the GPU's driver is found")]
                : [new Finding("gpu driver", FindingState.Ok, "none, and no GPU is seen: all is computed on the CPU")];
        }
        catch (GpuException e)
        {
            return [new Finding("gpu driver", FindingState.Warning, e.Message, "if this machine has a GPU, look at its driver (nvidia-smi)")];
        }
    }

    /// <summary>NCCL or RCCL.</summary>
    public static Finding Nccl(int devices)
    {
        const string name = "nccl";
        try
        {
            var library = NcclLibrary.Load();
            return new Finding(name, FindingState.Ok, $"{library.VersionText}, {library.Name}");
        }
        catch (LibraryUnavailableException e)
        {
            return devices > 0 || IsNamed(NcclLibrary.Variable)
                ? new Finding(name, FindingState.Warning, e.Message, "several trainers on GPUs add up gradients much slower without it")
                : new Finding(name, FindingState.Ok, "none, and there is no GPU: trainers add up gradients over TCP");
        }
    }

    private static bool IsNamed(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    // An NVIDIA device on the PCI bus that computes or draws (class 03), as Linux lists it.
    private static bool HasDisplayController()
    {
        const string bus = "/sys/bus/pci/devices";
        return Directory.Exists(bus) && Directory.GetDirectories(bus).Any(device =>
            Line(device, "vendor") == "0x10de" && Line(device, "class").StartsWith("0x03", StringComparison.Ordinal));
    }

    private static string Line(string device, string file)
    {
        var path = Path.Combine(device, file);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
    }

    private static Finding Describe(GpuDevice device) => new(
        $"gpu {device.Index}",
        FindingState.Ok,
        string.Create(CultureInfo.InvariantCulture, $"{device.Name}, {device.Bytes / GiB:0.0} GiB{Capability(device)}"));

    private static string Capability(GpuDevice device) =>
        device.Capability.Length == 0 ? "" : $", compute capability {device.Capability}";

    private static string Count(int devices) => devices == 1 ? "1 device" : $"{devices} devices";
}
