using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ism.Cli.Verbs;
using Ism.Tests;

namespace Ism.Cli.Tests.Metrics;

/// <summary>The endpoint against Prometheus's rules of naming and against what is written of it.</summary>
[Collection(nameof(ServedMetrics))]
public sealed partial class MetricsEndpointTests(ServedMetrics served)
{
    private static readonly string[] Units = ["_seconds", "_bytes", "_ratio"];

    private IEnumerable<Family> Ours => served.Families.Values.Where(f => f.Name.StartsWith("ism_", StringComparison.Ordinal));

    [Fact]
    public void Should_show_the_backlog_over_all_works() => Assert.Equal(17, ServedMetrics.Value(served.Text, "ism_backlog_chunks"));

    [Theory]
    [InlineData("ism_structures_quarantined_total{reason=\"TooLong\"}", 2)]
    [InlineData("ism_structures_done_total{work=\"tokenise\"}", 7)]
    [InlineData("ism_structures_done_total{work=\"embed\"}", 0)]
    [InlineData("ism_leases_expired_total{why=\"silent\"}", 0)]
    [InlineData("ism_chunks{state=\"waiting\",work=\"tokenise\"}", 14)]
    [InlineData("ism_job_stage_progress_ratio{stage=\"tokens\"}", 0.25)]
    [InlineData("ism_job_stage_active{stage=\"tuning\"}", 0)]
    [InlineData("ism_job_nodes_wanted{role=\"trainer\"}", 3)]
    [InlineData("ism_job_step", 12)]
    [InlineData("ism_cluster_members{role=\"coordinator\"}", 1)]
    [InlineData("ism_training_loss{term=\"mlm\"}", 2.5)]
    [InlineData("ism_training_tokens_total", 1000)]
    [InlineData("ism_training_peak_ratio", 0.4)]
    [InlineData("ism_training_step_duration_seconds_count", 1)]
    public void Should_show_what_was_told(string sample, double expected) =>
        Assert.Equal(expected, ServedMetrics.Value(served.Text, sample), 1e-9);

    [Fact]
    public void Should_name_metrics_by_the_rules_of_Prometheus()
    {
        Assert.InRange(Ours.Count(), 30, 100);
        Assert.All(Ours, family =>
        {
            Assert.Matches("^ism(_[a-z0-9]+)+$", family.Name);
            Assert.EndsWith(".", family.Help);
            Assert.Equal(family.Type == "counter", family.Name.EndsWith("_total", StringComparison.Ordinal));
            var unit = family.Name.EndsWith("_total", StringComparison.Ordinal) ? family.Name[..^"_total".Length] : family.Name;
            Assert.True(!TimeOrSize().IsMatch(family.Name) || Units.Any(u => unit.EndsWith(u, StringComparison.Ordinal)), family.Name);
            Assert.InRange(family.Labels.Except(["le"]).Count(), 0, 3);
        });
    }

    [Fact]
    public void Should_be_described_in_the_table_of_the_docs_one_for_one()
    {
        var rows = Row().Matches(File.ReadAllText(Path.Combine(ReferenceData.Root, "docs", "metrics.md")))
            .Select(m => $"{m.Groups["name"].Value} | {m.Groups["type"].Value} | {m.Groups["labels"].Value.Trim()} | {m.Groups["help"].Value.Trim()}");
        var shown = Ours.Select(f => $"{f.Name} | {f.Type} | {string.Join(", ", f.Labels.Except(["le"]))} | {f.Help}");
        Assert.Equal(shown.Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Should_leave_its_address_in_the_form_of_Prometheus_service_discovery()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(served.TargetFile));
        var entry = Assert.Single(file.RootElement.EnumerateArray());
        Assert.Equal(new Uri(served.Url).Authority, Assert.Single(entry.GetProperty("targets").EnumerateArray()).GetString());
        Assert.Equal("coordinator-7", entry.GetProperty("labels").GetProperty("node").GetString());
        Assert.Equal("coordinator", entry.GetProperty("labels").GetProperty("role").GetString());
    }

    [Fact]
    public async Task Should_listen_on_the_address_given_and_serve_nothing_else()
    {
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(new Uri(served.Url).Host)));
        using var client = new HttpClient { BaseAddress = new Uri(served.Url) };
        Assert.Equal("ok", await client.GetStringAsync("/healthz"));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/api/v1/jobs")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/../job.json")).StatusCode);
    }

    [Theory]
    [InlineData("9464")]
    [InlineData("everywhere:9464")]
    [InlineData("127.0.0.1:99999")]
    public async Task Should_refuse_an_address_that_is_none(string listen)
    {
        var refused = await Assert.ThrowsAsync<UsageException>(() => MetricsHost.StartAsync(listen, served.Node, CancellationToken.None));
        Assert.Contains($"--metrics {listen}", refused.Message);
    }

    [Fact]
    public async Task Should_say_which_port_is_taken()
    {
        var taken = new Uri(served.Url).Authority;
        var refused = await Assert.ThrowsAsync<UsageException>(() => MetricsHost.StartAsync(taken, served.Node, CancellationToken.None));
        Assert.Contains(taken, refused.Message);
    }

    [GeneratedRegex("seconds|duration|bytes|memory|timestamp|_share|busy|waiting")]
    private static partial Regex TimeOrSize();

    [GeneratedRegex(@"^\| `(?<name>ism_[a-z0-9_]+)` \| (?<type>[a-z]+) \| (?<labels>[a-z, ]*) ?\| (?<help>[^|]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
