using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Ism.Benchmarks.Elastic;

/// <summary>A standing cluster on this machine: `ism serve` as any user starts it, its metrics and its API.</summary>
internal sealed class ServedHome : IAsyncDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.2);
    private readonly string _program;
    private readonly string _home;
    private readonly Process _serve;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private ServedHome(string program, string home, Process serve) => (_program, _home, _serve) = (program, home, serve);

    /// <summary>Starts it and returns when the API answers.</summary>
    public static async Task<ServedHome> StartAsync(string program, string home, int featurizers)
    {
        var info = Command(program, "serve", "--home", home, "--api", "127.0.0.1:0", "--featurizers", $"{featurizers}", "--trainers", "1");
        // Every node on a free port of its own, which it leaves in the home.
        info.Environment["ISM_METRICS"] = "127.0.0.1:0";
        info.RedirectStandardOutput = info.RedirectStandardError = true;
        var serve = Process.Start(info)!;
        Follow(serve.StandardOutput, Path.Combine(home, "serve.out"));
        Follow(serve.StandardError, Path.Combine(home, "serve.err"));
        var served = new ServedHome(program, home, serve);
        while (!Directory.Exists(Path.Combine(home, "api")) || Directory.GetFiles(Path.Combine(home, "api"), "*.json").Length == 0)
        {
            if (serve.HasExited)
            {
                throw new InvalidOperationException($"ism serve ended with {serve.ExitCode}; see {Path.Combine(home, "serve.err")}");
            }

            await Task.Delay(LookEvery);
        }

        var token = await File.ReadAllTextAsync(Path.Combine(home, "api", "token"));
        served._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Trim());
        return served;
    }

    /// <summary>Runs a verb to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed; says what it said.</exception>
    public static async Task<string> SayAsync(string program, params string[] arguments)
    {
        var info = Command(program, arguments);
        info.RedirectStandardOutput = info.RedirectStandardError = true;
        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"ism {string.Join(' ', arguments)}: {await error}");
    }

    /// <summary>Submits a job.</summary>
    public Task<string> SubmitAsync(params string[] arguments) => SayAsync(_program, ["submit", .. arguments, "--home", _home]);

    /// <summary>The sum of a metric over all nodes that answer, as Prometheus's sum() is; null when none has it.</summary>
    public async Task<double?> SumAsync(string metric)
    {
        var folder = Path.Combine(_home, "cluster", "metrics");
        double? sum = null;
        foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [])
        {
            try
            {
                using var target = JsonDocument.Parse(await File.ReadAllTextAsync(file));
                var address = target.RootElement[0].GetProperty("targets")[0].GetString();
                var text = await _http.GetStringAsync($"http://{address}/metrics");
                foreach (var line in text.Split('\n').Where(l => l.StartsWith(metric, StringComparison.Ordinal) && l[metric.Length] is ' ' or '{'))
                {
                    // "name value time" or "name{labels} value time".
                    var rest = line[(line.Contains('}') ? line.LastIndexOf('}') + 1 : metric.Length)..];
                    var value = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
                    sum = (sum ?? 0) + double.Parse(value, CultureInfo.InvariantCulture);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException)
            {
                // It has just gone, or is just coming.
            }
        }

        return sum;
    }

    /// <summary>Featurizers that have joined, in the eyes of the coordinator.</summary>
    public async Task<int> FeaturizersAsync()
    {
        using var job = await GetAsync("jobs/current");
        return job?.RootElement is { } root && root.TryGetProperty("nodes", out var nodes)
            ? nodes.EnumerateArray().Count(n => n.GetProperty("role").GetString() == "featurizer") : 0;
    }

    /// <summary>Whether the token files are all made.</summary>
    public async Task<string> StageAsync()
    {
        using var job = await GetAsync("jobs/current");
        return job is null || !job.RootElement.TryGetProperty("stages", out var stages) ? ""
            : string.Join(' ', stages.EnumerateArray().Where(s => s.TryGetProperty("state", out var state) && state.GetString() == "running")
                .Select(s => s.GetProperty("name").GetString()));
    }

    /// <summary>The door that `ism scale featurizers N` uses.</summary>
    public async Task ScaleAsync(int featurizers)
    {
        using var answer = await _http.PostAsJsonAsync($"{Url()}/api/v1/jobs/current/scale", new { role = "featurizers", count = featurizers });
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"scale {featurizers}: {await answer.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>Asks the cluster to end.</summary>
    public void RequestStop() => Process.Start("kill", ["-TERM", $"{_serve.Id}"]).WaitForExit();

    public async ValueTask DisposeAsync()
    {
        if (!_serve.HasExited)
        {
            RequestStop();
            using var patience = new CancellationTokenSource(StopWithin);
            await _serve.WaitForExitAsync(patience.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        _http.Dispose();
        _serve.Dispose();
    }

    private static ProcessStartInfo Command(string program, params string[] arguments) => new(program, arguments);

    private static async void Follow(StreamReader from, string path)
    {
        await using var to = new StreamWriter(path) { AutoFlush = true };
        while (await from.ReadLineAsync() is { } line)
        {
            await to.WriteLineAsync(line);
        }
    }

    private string Url()
    {
        using var record = JsonDocument.Parse(File.ReadAllText(Directory.GetFiles(Path.Combine(_home, "api"), "*.json")[0]));
        return record.RootElement.GetProperty("Url").GetString()!;
    }

    private async Task<JsonDocument?> GetAsync(string path)
    {
        try
        {
            return JsonDocument.Parse(await _http.GetStringAsync($"{Url()}/api/v1/{path}"));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException)
        {
            return null;
        }
    }
}
