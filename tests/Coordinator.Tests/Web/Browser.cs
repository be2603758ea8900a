using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ism.Coordinator.Tests.Web;

/// <summary>One page of a headless Chromium, steered over its DevTools protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Process _process;
    private readonly string _profile;
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode?>> _waiting = new();
    private readonly CancellationTokenSource _stopped = new();
    private Task _reading = Task.CompletedTask;
    private string? _session;
    private int _number;

    private Browser(Process process, string profile) => (_process, _profile) = (process, profile);

    /// <summary>What went wrong in the page, as its console has it.</summary>
    public ConcurrentQueue<string> Errors { get; } = [];

    /// <summary>Addresses that the page has asked.</summary>
    public ConcurrentQueue<Uri> Requests { get; } = [];

    /// <summary>Starts one; skips the test where there is no Chromium.</summary>
    public static async Task<Browser> StartAsync()
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => ((string[])["chromium", "chromium-browser", "google-chrome"]).Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        Skip.If(program is null, "no chromium on the PATH");
        var profile = Directory.CreateTempSubdirectory("ism-browser-").FullName;
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
            "--disable-background-networking", "--disable-extensions", "--remote-debugging-port=0", $"--user-data-dir={profile}", "about:blank"])
        {
            start.ArgumentList.Add(argument);
        }

        var browser = new Browser(Process.Start(start)!, profile);
        await browser.ConnectAsync();
        return browser;
    }

    /// <summary>Size and colours of the screen.</summary>
    public async Task ShowAsync(int width, int height, bool dark)
    {
        await SendAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = width < 500 });
        await SendAsync("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = dark ? "dark" : "light" } } });
    }

    public Task GoAsync(string url) => SendAsync("Page.navigate", new { url });

    /// <summary>The value of an expression.</summary>
    public async Task<JsonNode?> AskAsync(string expression) =>
        (await SendAsync("Runtime.evaluate", new { expression, returnByValue = true, awaitPromise = true }))?["result"]?["value"];

    /// <summary>Waits until an expression is true.</summary>
    public async Task UntilAsync(string expression)
    {
        var clock = Stopwatch.StartNew();
        while (await AskAsync($"Boolean({expression})") is not JsonValue value || !value.GetValue<bool>())
        {
            Assert.True(clock.Elapsed < Patience, $"{Patience.TotalSeconds:F0} s were not enough for {expression}; "
                + $"errors: {string.Join("; ", Errors)}; the page: {await AskAsync("document.body.innerText.slice(0, 2000)")}");
            await Task.Delay(100);
        }
    }

    /// <summary>The whole page as a PNG.</summary>
    public async Task<byte[]> PictureAsync()
    {
        var answer = await SendAsync("Page.captureScreenshot", new { format = "png", captureBeyondViewport = true });
        return Convert.FromBase64String(answer!["data"]!.GetValue<string>());
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await Task.WhenAny(_reading);
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        try
        {
            Directory.Delete(_profile, recursive: true);
        }
        catch (IOException)
        {
            // A child of the browser still writes there; it is a temporary folder.
        }
    }

    private async Task ConnectAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        _ = _process.StandardOutput.ReadToEndAsync(deadline.Token);
        const string said = "DevTools listening on ";
        string? line;
        while ((line = await _process.StandardError.ReadLineAsync(deadline.Token))?.StartsWith(said, StringComparison.Ordinal) == false)
        {
        }

        Assert.True(line is not null, "chromium ended before it listened");
        _ = Task.Run(async () =>
        {
            while (await _process.StandardError.ReadLineAsync() is not null)
            {
            }
        });
        await _socket.ConnectAsync(new Uri(line[said.Length..]), deadline.Token);
        _reading = ReadAsync();
        var target = await SendAsync("Target.createTarget", new { url = "about:blank" });
        var attached = await SendAsync("Target.attachToTarget", new { targetId = target!["targetId"]!.GetValue<string>(), flatten = true });
        _session = attached!["sessionId"]!.GetValue<string>();
        foreach (var domain in (string[])["Page", "Runtime", "Network", "Log"])
        {
            await SendAsync($"{domain}.enable", new { });
        }
    }

    private async Task<JsonNode?> SendAsync(string method, object parameters)
    {
        var number = Interlocked.Increment(ref _number);
        var waiting = _waiting[number] = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new Dictionary<string, object> { ["id"] = number, ["method"] = method, ["params"] = parameters };
        if (_session is { } session)
        {
            message["sessionId"] = session;
        }

        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, _stopped.Token);
        }
        finally
        {
            _sending.Release();
        }

        return await waiting.Task.WaitAsync(Patience);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 16];
        while (!_stopped.IsCancellationRequested)
        {
            using var whole = new MemoryStream();
            ValueWebSocketReceiveResult part;
            do
            {
                part = await _socket.ReceiveAsync(buffer.AsMemory(), _stopped.Token);
                whole.Write(buffer.AsSpan(0, part.Count));
            }
            while (!part.EndOfMessage);

            Take(JsonNode.Parse(whole.ToArray())!);
        }
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (_waiting.TryRemove(id.GetValue<int>(), out var waiting))
            {
                waiting.SetResult(message["result"]);
            }

            return;
        }

        var what = message["params"];
        switch (message["method"]!.GetValue<string>())
        {
            case "Network.requestWillBeSent" when Uri.TryCreate(what!["request"]!["url"]!.GetValue<string>(), UriKind.Absolute, out var url):
                Requests.Enqueue(url);
                break;
            case "Runtime.exceptionThrown":
                Errors.Enqueue(what!["exceptionDetails"]!.ToJsonString());
                break;
            case "Runtime.consoleAPICalled" when what!["type"]!.GetValue<string>() is "error" or "assert":
                Errors.Enqueue(what["args"]!.ToJsonString());
                break;
            case "Log.entryAdded" when what!["entry"]!["level"]!.GetValue<string>() is "error" or "warning":
                Errors.Enqueue(what["entry"]!.ToJsonString());
                break;
            case "Page.javascriptDialogOpening":
                _ = SendAsync("Page.handleJavaScriptDialog", new { accept = true });
                break;
        }
    }
}
