using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Ism.Benchmarks.Elastic;

// The rule by which Kubernetes would scale featurizers, read from the rendered manifest, on a real cluster of this machine:
//   dotnet run -c Release --project benchmarks/Elastic -- [--out FOLDER] [--proteins N] [--most N] [--faster F] [--fixed N]
// Makes proteins, serves a cluster, submits a job, reads the backlog as Prometheus would, lets the rule decide and says so to the cluster as
// `ism scale` does. Leaves elastic.csv and elastic.svg. --fixed N keeps N featurizers instead, for comparison.
var settings = Settings.Parse(args);
var manifests = settings.Manifests.Length > 0 ? await File.ReadAllTextAsync(settings.Manifests) : Render("deploy/k8s/overlays/gpu");
var written = ScalingRule.Parse(manifests);
var rule = written.Hastened(settings.Faster, settings.Most);
var metric = written.Query is ['s', 'u', 'm', '(', .. var name, ')'] ? name
    : throw new InvalidDataException($"{written.Query}: sum(METRIC) is understood");
Console.WriteLine($"rule: {written.Query} / {written.Threshold} a replica, {written.Min} to {written.Max} of {written.Target}; "
    + $"here at most {rule.Max}, all times divided by {settings.Faster}");

Directory.CreateDirectory(settings.Out);
var folder = Path.GetFullPath(settings.Out);
var home = Path.Combine(folder, "home");
if (Directory.Exists(home))
{
    throw new InvalidOperationException($"{home} is there from an earlier run; delete it, or name another --out");
}

Directory.CreateDirectory(home);
var program = Path.GetFullPath(settings.Program);
await ServedHome.SayAsync(
    program, "synth", "--out", Path.Combine(folder, "corpus"), "--count", $"{settings.Proteins}", "--min-length", "200", "--max-length", "400");
await ServedHome.SayAsync(program, "synth", "--out", Path.Combine(folder, "trained-on"), "--count", "16", "--seed", "2", "--experimental");
var job = Path.Combine(folder, "job.yaml");
await File.WriteAllTextAsync(job, ElasticJob.Yaml(folder));

var line = new TimeLine();
var wanted = settings.Fixed > 0 ? settings.Fixed : rule.Min;
await using (var served = await ServedHome.StartAsync(program, home, wanted))
{
    using var ended = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
    {
        context.Cancel = true;
        served.RequestStop();
        Environment.Exit(1);
    });
    Console.Write(await served.SubmitAsync(job));
    var autoscaler = new Autoscaler(rule);
    var clock = Stopwatch.StartNew();
    double highest = 0;
    TimeSpan? drained = null;
    var quiet = TimeSpan.Zero;
    // Until all is drained and the featurizers are as few as the rule has them.
    while (drained is null || clock.Elapsed - drained < (rule.Down.Window * 2) + TimeSpan.FromSeconds(10))
    {
        if (await served.SumAsync(metric) is { } backlog)
        {
            highest = Math.Max(highest, backlog);
            var stage = await served.StageAsync();
            var next = settings.Fixed > 0 ? wanted : autoscaler.Decide(clock.Elapsed, wanted, backlog);
            var there = await served.FeaturizersAsync();
            line.Add(new Sight(clock.Elapsed.TotalSeconds, backlog, next, there, stage));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{line.Sights[^1].Seconds,7:F1} s  backlog {backlog,4:F0}  featurizers {there} → {next}  {stage}"));
            if (next != wanted)
            {
                wanted = next;
                await served.ScaleAsync(wanted);
            }

            // The corpus is the largest work; smaller ones come before it.
            quiet = backlog > 0 ? clock.Elapsed : quiet;
            drained = highest >= settings.Proteins / ElasticJob.ChunkSize * 0.9 && backlog == 0 ? quiet : null;
        }

        await Task.Delay(ScalingRule.LookEvery / settings.Faster);
    }
}

line.WriteCsv(Path.Combine(folder, "elastic.csv"));
var first = line.Sights.First(s => s.Backlog >= line.Sights.Max(x => x.Backlog) * 0.9).Seconds;
var last = line.Sights.Last(s => s.Backlog > 0).Seconds;
var most = line.Sights.Max(s => s.There);
var summary = string.Create(CultureInfo.InvariantCulture,
    $"{line.Sights.Max(s => s.Backlog):F0} chunks drained in {last - first:F0} s with "
    + $"{(settings.Fixed > 0 ? "always" : "up to")} {most} featurizers");
line.WriteSvg(Path.Combine(folder, "elastic.svg"), summary);
Console.WriteLine(summary);

static string Render(string overlay)
{
    var info = new ProcessStartInfo("kubectl", ["kustomize", overlay]) { RedirectStandardOutput = true };
    using var kubectl = Process.Start(info)!;
    var text = kubectl.StandardOutput.ReadToEnd();
    kubectl.WaitForExit();
    return kubectl.ExitCode == 0 ? text
        : throw new InvalidOperationException($"kubectl kustomize {overlay} failed; run this in the root of the checkout");
}
