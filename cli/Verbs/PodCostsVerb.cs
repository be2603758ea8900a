using System.CommandLine;
using Ism.Cli.Kubernetes;
using Ism.Cluster.Telemetry;

namespace Ism.Cli.Verbs;

/// <summary>`ism pod-costs --home FOLDER`: tells Kubernetes which featurizers are idle, for as long as it runs.</summary>
internal static class PodCostsVerb
{
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(3);

    public static Command Create(VerbContext context)
    {
        var home = new Option<string>("--home")
        {
            Description = "Home of the standing cluster, or workspace of a job",
            HelpName = "FOLDER",
            Required = true,
        };
        var every = new Option<double>("--every")
        {
            Description = "Seconds between two looks at all featurizers",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 15,
        };
        var command = new Command(
            "pod-costs", "In a pod of Kubernetes: write onto featurizers' pods how busy they are, so that idle ones go first.") { home, every };
        command.SetAction((parsed, cancel) =>
        {
            var seconds = parsed.GetValue(every);
            return seconds > 0 ? RunAsync(context, Path.GetFullPath(parsed.GetValue(home)!), TimeSpan.FromSeconds(seconds), cancel)
                : throw new UsageException($"--every {seconds}: a number of seconds above 0 is needed");
        });
        return command;
    }

    private static async Task<int> RunAsync(VerbContext context, string home, TimeSpan every, CancellationToken cancel)
    {
        using var api = PodApi.InPod(Environment.GetEnvironmentVariable);
        using var http = new HttpClient { Timeout = ReadWithin };
        var costs = new DeletionCosts(
            home,
            (address, stop) => http.GetStringAsync($"http://{address}{NodeTelemetry.Path}", stop),
            (pod, cost, stop) => api.AnnotateAsync(pod, DeletionCosts.Annotation, cost, stop));
        var said = "";
        try
        {
            while (true)
            {
                try
                {
                    foreach (var (pod, cost) in await costs.LookAsync(cancel))
                    {
                        await context.Output.WriteLineAsync($"{pod}: {cost}");
                    }
                }
                catch (IOException e) when (e.Message != said)
                {
                    said = e.Message;
                    await context.Error.WriteLineAsync($"ism: {said}");
                }
                catch (IOException)
                {
                    // Said already.
                }

                await Task.Delay(every, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
    }
}
