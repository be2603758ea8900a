using System.Globalization;
using System.Text.Json;
using Ism.Benchmarks.Training;
using Ism.Models.Training;
using TorchSharp;

// Steps of structure-tuning against the matrix product rate of the same run.
// dotnet run -c Release --project benchmarks/Training -- [--shape 8M|35M|650M-3] [--layers N] [--threads N] [--ranks N] [--steps N]
//   [--crop N] [--tokens N] [--checkpoint N] [--copies N | --lengths N,N,…] [--precision fp32|bf16|both] [--default-malloc] [--json]
//   [--device cpu|cuda]
//   --profile: by part of a step; --watch N: memory over N steps of ever other lengths, 1 if it grows; --peer: against PyTorch
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var settings = new Settings(args);
_ = KernelCache.Bound();
var kept = !settings.Has("--default-malloc") && HostMemory.KeepFreed();
torch.set_num_threads(settings.Threads);
if (settings.Has("--profile"))
{
    ProfileReport.Run(settings);
    return 0;
}

if (settings.Has("--watch"))
{
    return MemoryWatch.Run(settings) ? 0 : 1;
}

if (settings.Has("--peer"))
{
    return PeerReport.Run(settings) ? 0 : 1;
}

var result = StepReport.Measure(settings);
if (settings.Has("--json"))
{
    Console.WriteLine(JsonSerializer.Serialize(result.Numbers()));
    return 0;
}

StepReport.Print(settings, result, kept);
return 0;
