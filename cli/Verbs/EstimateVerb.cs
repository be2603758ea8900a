using System.CommandLine;
using System.Text.Json;
using Ism.Cli.Estimation;
using Ism.Cli.Jobs;
using Ism.Cli.Processes;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism estimate JOB.yaml`: memory, step time, wall-clock and storage of a job, from its own parts measured on this machine.
/// </summary>
internal static class EstimateVerb
{
    private const double Giga = 1e9;

    public static Command Create(VerbContext context)
    {
        var job = new JobArguments();
        var trainers = new Option<int?>("--trainers") { Description = "Plan for so many trainers (cluster.trainers)", HelpName = "N" };
        var featurizers = new Option<int?>("--featurizers") { Description = "Plan for so many featurizers (cluster.featurizers)", HelpName = "N" };
        var structures = new Option<long?>("--structures") { Description = "Plan for so many structures instead of those that are there", HelpName = "N" };
        var apart = new Option<bool>("--apart") { Description = "Every node has a machine of its own, like this one, instead of all sharing it" };
        var rate = new Option<double?>("--gpu-tokens-per-second")
        {
            Description = "Useful tokens a second of one trainer, measured elsewhere; takes --apart for granted",
            HelpName = "X",
        };
        var network = new Option<double?>("--network")
        {
            Description = "Bandwidth between trainers in GB/s, instead of the loopback's; takes --apart for granted",
            HelpName = "GB/s",
        };
        var seconds = new Option<double>("--seconds") { Description = "Time for measuring, about", DefaultValueFactory = _ => 60, HelpName = "S" };
        var json = new Option<bool>("--json") { Description = "Print one flat JSON object: seconds, bytes, shares of 1" };
        var command = new Command(
            "estimate", "Memory of a rank, time of a step and of the whole job, and storage: measured here with the job's own parts.");
        job.AddTo(command);
        foreach (var option in new Option[] { trainers, featurizers, structures, apart, rate, network, seconds, json })
        {
            command.Add(option);
        }

        command.SetAction(async (parsed, cancel) =>
        {
            var request = new EstimateRequest
            {
                Structures = parsed.GetValue(structures) is { } count ? Positive("--structures", count) : null,
                TokensPerSecond = parsed.GetValue(rate) is { } tokens ? Positive("--gpu-tokens-per-second", tokens) : null,
                NetworkBytesPerSecond = parsed.GetValue(network) is { } bytes ? Positive("--network", bytes) * Giga : null,
                Apart = parsed.GetValue(apart) || parsed.GetValue(rate) is not null || parsed.GetValue(network) is not null,
                Seconds = Positive("--seconds", parsed.GetValue(seconds)),
            };
            var file = job.Load(parsed).Job;
            var resolved = JobPaths.Resolve(
                file with
                {
                    Cluster = file.Cluster with
                    {
                        Trainers = Inputs.AtLeastOne("--trainers", parsed.GetValue(trainers) ?? file.Cluster.Trainers),
                        Featurizers = Inputs.AtLeastOne("--featurizers", parsed.GetValue(featurizers) ?? file.Cluster.Featurizers),
                    },
                },
                Environment.CurrentDirectory);
            JobValidation.ThrowIfAny([.. JobValidation.Check(resolved), .. JobValidation.CheckInputs(resolved)]);
            var rows = await RunAsync(context, resolved, request, ProgramCommand.Self(), cancel);
            if (parsed.GetValue(json))
            {
                context.Output.WriteLine(Json(rows));
            }
            else
            {
                EstimateTable.Write(context.Output, rows);
            }

            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Estimates, with notes on standard error.</summary>
    internal static Task<IReadOnlyList<EstimateRow>> RunAsync(
        VerbContext context, JobOptions job, EstimateRequest request, ProgramCommand program, CancellationToken cancel) =>
        new Estimator(job, request, program, line => context.Error.WriteLine($"{line} …")).RunAsync(cancel);

    /// <summary>One flat object: keys of the rows, values in seconds, bytes, shares of 1.</summary>
    internal static string Json(IReadOnlyList<EstimateRow> rows) => JsonSerializer.Serialize(rows.ToDictionary(r => r.Key, r => r.Value));

    private static T Positive<T>(string option, T value) where T : System.Numerics.INumber<T> =>
        value > T.Zero && T.IsFinite(value) ? value : throw new UsageException($"{option} {value}: must be above 0");
}
