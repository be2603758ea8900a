using System.CommandLine;
using TorchSharp;

namespace Ism.Cli.Verbs;

/// <summary>Where and with how many threads a verb computes.</summary>
internal sealed class TorchArguments
{
    private readonly Option<string> _device = new("--device")
    {
        Description = "cpu, cuda or cuda:N; auto takes CUDA where it is there",
        HelpName = "DEVICE",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Compute threads; 0: one per core",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        command.Add(_device);
        command.Add(_threads);
    }

    /// <summary>Sets the number of threads and returns the device.</summary>
    /// <exception cref="UsageException">No such device here, or a negative number.</exception>
    public torch.Device Apply(ParseResult parsed)
    {
        var threads = parsed.GetValue(_threads);
        if (threads < 0)
        {
            throw new UsageException($"--threads {threads}: must be 0 or more");
        }

        if (threads > 0)
        {
            torch.set_num_threads(threads);
        }

        return Device(parsed.GetValue(_device)!);
    }

    private static torch.Device Device(string name)
    {
        if (name == "auto")
        {
            return torch.cuda.is_available() ? torch.CUDA : torch.CPU;
        }

        if (name == "cpu")
        {
            return torch.CPU;
        }

        var number = 0;
        if (name != "cuda" && !(name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name[5..], out number)))
        {
            throw new UsageException($"--device {name}: use auto, cpu, cuda or cuda:N");
        }

        var there = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        return number < there
            ? torch.device($"cuda:{number}")
            : throw new UsageException($"--device {name}: there {(there == 1 ? "is 1 CUDA device" : $"are {there} CUDA devices")} that this build can use");
    }
}
