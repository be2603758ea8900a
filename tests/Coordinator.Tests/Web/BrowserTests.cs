using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Web;

/// <summary>The page in a real browser. ISM_SCREENSHOTS names a folder that keeps its pictures.</summary>
public sealed class BrowserTests
{
    private const string LossChart = "document.querySelector('#curves-live svg').getAttribute('aria-label')";

    [SkippableTheory]
    [InlineData(1280, 800, false)]
    [InlineData(390, 844, false)]
    [InlineData(1280, 800, true)]
    [InlineData(390, 844, true)]
    public async Task Should_be_readable_and_live_and_fetch_nothing_from_elsewhere(int width, int height, bool dark)
    {
        await using var browser = await Browser.StartAsync();
        await using var home = PreparedHome.Create();
        var server = await home.ServeAsync();
        await browser.ShowAsync(width, height, dark);
        await browser.GoAsync(server.PageUrl);
        await browser.UntilAsync("document.querySelectorAll('#curves-live path.line').length >= 6");
        await browser.UntilAsync("document.querySelectorAll('#tokens-live rect').length == 3");
        await browser.UntilAsync("document.getElementById('connection').textContent == 'live'");
        Assert.Equal("/", await TextAsync(browser, "location.pathname + location.search"));
        Assert.True((await browser.AskAsync("document.documentElement.scrollWidth <= innerWidth"))!.GetValue<bool>(), "the page is wider than the screen");
        Assert.Equal(dark ? "rgb(18, 22, 28)" : "rgb(246, 247, 249)", await TextAsync(browser, "getComputedStyle(document.body).backgroundColor"));
        await KeepAsync(await browser.PictureAsync(), $"page-{width}{(dark ? "-dark" : "")}.png");

        await browser.AskAsync("window.same = true; document.getElementById('quarantine-list').open = true");
        home.WriteSteps("structure-tuning", 61, 70);
        File.AppendAllText(home.Workspace.At(Workspace.Events), RunEvent.Now(RunEventKind.Note, message: PreparedHome.Hostile).ToLine() + "\n");
        await browser.UntilAsync($"{LossChart}.includes(' at 70')");
        await browser.UntilAsync("document.querySelectorAll('#events-live li').length == 7");
        Assert.True((await browser.AskAsync("window.same && document.getElementById('quarantine-list').open"))!.GetValue<bool>(), "the page was loaded anew");
        Assert.Empty(browser.Errors);
        Assert.All(browser.Requests.Where(r => r.Scheme is not ("about" or "data")), r => Assert.Equal(new Uri(server.Url).Authority, r.Authority));
    }

    [SkippableFact]
    public async Task Should_go_on_at_another_coordinator_when_its_own_dies_and_say_so_when_there_is_none()
    {
        await using var browser = await Browser.StartAsync();
        await using var home = PreparedHome.Create();
        var first = await home.ServeAsync();
        var second = await home.ServeAsync("coordinator-1");
        await browser.ShowAsync(1280, 800, dark: false);
        await browser.GoAsync(first.PageUrl);
        // The links stand in the page before its script has come from the server that is to die.
        await browser.UntilAsync("document.querySelector('a[data-other]') && document.getElementById('connection').textContent == 'live'");
        await first.DisposeAsync();
        await browser.UntilAsync($"location.origin == '{second.Url}' && document.querySelectorAll('#curves-live path.line').length >= 6");
        await browser.UntilAsync("!document.querySelector('a[data-other]')");
        await second.DisposeAsync();
        await browser.UntilAsync("document.getElementById('connection').dataset.state == 'away'");
        Assert.Contains("does not answer", await TextAsync(browser, "document.getElementById('connection').textContent"));
        Assert.True((await browser.AskAsync("document.querySelectorAll('#curves-live path.line').length >= 6"))!.GetValue<bool>(), "what was known is gone");
    }

    [SkippableFact]
    public async Task Should_cancel_a_job_after_asking_and_show_the_answer()
    {
        await using var browser = await Browser.StartAsync();
        await using var home = PreparedHome.Create(1);
        var server = await home.ServeAsync();
        var waiting = home.Home.All().Single(j => j.Id != home.Job.Id);
        await browser.GoAsync($"{server.Url}/jobs/{waiting.Id}?token={PreparedHome.Token}");
        // The script is there.
        await browser.UntilAsync("document.getElementById('connection').textContent == 'live' && document.querySelector('#cancel:not(:disabled)')");
        await browser.AskAsync("document.getElementById('cancel').click()");
        await browser.UntilAsync("document.getElementById('answer').textContent.includes('is cancelled')");
        await browser.UntilAsync("document.querySelector('#job-title').textContent.includes('cancelled')");
        Assert.StartsWith("cancelled by", home.Home.Find(waiting.Id)!.Error);
        Assert.Empty(browser.Errors);
    }

    private static async Task<string> TextAsync(Browser browser, string expression) => (await browser.AskAsync(expression))!.GetValue<string>();

    private static async Task KeepAsync(byte[] picture, string name)
    {
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture[..4]);
        if (Environment.GetEnvironmentVariable("ISM_SCREENSHOTS") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            await File.WriteAllBytesAsync(Path.Combine(folder, name), picture);
        }
    }
}
