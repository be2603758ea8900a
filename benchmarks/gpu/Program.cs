using System.Globalization;
using System.Text.Json;
using Ism.Benchmarks.Gpu;
using TorchSharp;

// The parts of the GPU benchmark that are ours alone; run.sh calls them one process each, since a kernel that is not there may end its
// process. Each prints one flat JSON object.
// matmul | parity | attention [--variant grouped|padded|flash] [--tokens N] | encoder | allreduce, each with [--device cuda|cpu];
// report FOLDER puts the results of a run together.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string Option(string name, string otherwise) =>
    Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
var part = args.Length > 0 ? args[0] : "";
if (part == "report")
{
    return Report.Write(args.Length > 1 ? args[1] : ".");
}

var device = torch.device(Option("--device", torch.cuda.is_available() ? "cuda" : "cpu"));
if (device.type == DeviceType.CUDA && !torch.cuda.is_available())
{
    Console.Error.WriteLine("this build finds no CUDA device: build with -p:Torch=cuda, or set LIBTORCH (docs/gpu.md)");
    return 1;
}

var onGpu = device.type == DeviceType.CUDA;
IReadOnlyDictionary<string, double>? numbers;
try
{
    numbers = part switch
    {
        "matmul" => MatmulPart.Measure(device),
        "parity" => ParityPart.Measure(device),
        "attention" => AttentionPart.Measure(
            device, Option("--variant", "grouped"), int.Parse(Option("--tokens", onGpu ? "32768" : "2048"), CultureInfo.InvariantCulture)),
        "encoder" => EncoderPart.Measure(device),
        "allreduce" => AllReducePart.Measure(),
        _ => null,
    };
}
catch (Exception e) when (e is not OutOfMemoryException)
{
    Console.Error.WriteLine(e.GetBaseException().Message.ReplaceLineEndings(" "));
    return 1;
}

if (numbers is null)
{
    Console.Error.WriteLine($"unknown part '{part}': use matmul, parity, attention, encoder, allreduce or report FOLDER");
    return 2;
}

Console.WriteLine(JsonSerializer.Serialize(numbers));
return 0;
