using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ism.Cli.Benchmarks;

namespace Ism.Cli.Verbs;

/// <summary>`ism bench`: whole-path numbers of this machine, with the machine's own limits measured in the same run.</summary>
internal static class BenchVerb
{
    private static readonly IReadOnlyList<IMeasurement> All =
    [
        new TrainingMeasurement(), new FeaturizingMeasurement(), new StreamMeasurement(), new AllReduceMeasurement(),
    ];

    public static Command Create(VerbContext context)
    {
        var only = new Option<string[]>("--only")
        {
            Description = $"Areas to measure: {string.Join(", ", All.Select(m => m.Name))}; all when left out",
            HelpName = "AREA",
            AllowMultipleArgumentsPerToken = true,
        };
        var seconds = new Option<double>("--seconds") { Description = "Time for one number", DefaultValueFactory = _ => 5 };
        var json = new Option<bool>("--json") { Description = "Print one flat JSON object" };
        var command = new Command("bench", "Measure this machine: how fast each part of a job runs, beside the machine's own limits.")
        {
            only, seconds, json,
        };
        command.Add(BenchEmbedVerb.Create(context));
        command.SetAction(async (parsed, cancel) =>
        {
            var chosen = Chosen(parsed.GetValue(only) ?? []);
            var time = parsed.GetValue(seconds);
            if (time is not (> 0 and <= 3600))
            {
                throw new UsageException($"--seconds is {time}; give a time above 0 and up to 3600");
            }

            var readings = new List<Reading>();
            foreach (var area in chosen)
            {
                var found = await area.RunAsync(time, line => context.Error.WriteLine($"{area.Name}: {line} …"), cancel);
                readings.AddRange(found);
                if (!parsed.GetValue(json))
                {
                    Print(context.Output, found);
                }
            }

            if (parsed.GetValue(json))
            {
                context.Output.WriteLine(JsonSerializer.Serialize(readings.ToDictionary(r => r.Key, r => r.Value)));
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static List<IMeasurement> Chosen(string[] words)
    {
        var unknown = words.Except(All.Select(m => m.Name)).ToList();
        return unknown.Count > 0
            ? throw new UsageException($"--only {unknown[0]}: there is no such area; there are {string.Join(", ", All.Select(m => m.Name))}")
            : [.. All.Where(m => words.Length == 0 || words.Contains(m.Name))];
    }

    private static void Print(TextWriter output, IReadOnlyList<Reading> readings)
    {
        foreach (var reading in readings)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{reading.Value,16:#,0.###}  {reading.Key,-38} {reading.What}"));
        }
    }
}
