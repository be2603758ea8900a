using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Ism.Corpus;
using Ism.Evaluation.Reports;

namespace Ism.Evaluation.Tests;

public class HtmlReportTests
{
    private static readonly string Html = HtmlReport.Render(SampleReport.Create());

    [Theory]
    [InlineData("12,341 tokenised + 4 quarantined = 12,345 structures")]
    [InlineData("x.cif line 7: &#39;q&#39; is no number")]
    [InlineData("34.7 %")]
    [InlineData("most frequent answer: 8.3 %")]
    [InlineData("auto: 94 % of its residues are under pLDDT 50")]
    [InlineData("K = 128: 1.6")]
    [InlineData("used: K = 64")]
    [InlineData("tuning.learningRate")]
    [InlineData("2026-05-01 12:30 UTC")]
    [InlineData("5.29 k")]
    public void Should_show(string text) => Assert.Contains(text, Html);

    [Fact]
    public void Should_be_well_formed_and_draw_every_plot()
    {
        var page = Parse(Html);

        // Held out; loss of two stages; learning rate and speed of one; elbow; tokens of two teachers.
        Assert.Equal(8, page.Descendants("svg").Count());
        Assert.Equal(64, Figure(page, "Use of the tokens: autoencoder").Descendants("rect").Count());
        Assert.Equal(512, Figure(page, "Use of the tokens: mutrank").Descendants("rect").Count());
        Assert.Single(Figure(page, "Use of the tokens: autoencoder").Descendants("rect"), bar =>
            bar.Attribute("class")!.Value.Contains("marked"));
        Assert.All(page.Descendants("svg"), svg => Assert.True(svg.Elements("text").Count() >= 6));
    }

    [Fact]
    public void Should_draw_values_where_the_axis_says()
    {
        var report = new RunReport
        {
            JobName = "line",
            Stages = [new TrainingCurves("s",
                [new Curve("a", [new(0, 0), new(5, 10), new(10, 0), new(15, double.NaN), new(20, 10)])], null, null)],
        };
        var svg = Parse(HtmlReport.Render(report)).Descendants("svg").Single();
        var path = svg.Elements("path").Single().Attribute("d")!.Value;
        var points = Regex.Matches(path, @"([ML])([\d.]+) ([\d.]+)")
            .Select(match => (Pen: match.Groups[1].Value, X: Number(match.Groups[2].Value),
                Y: Number(match.Groups[3].Value))).ToArray();

        Assert.Equal(["M", "L", "L", "M"], points.Select(point => point.Pen));
        Assert.Equal(points[0].Y, points[2].Y);
        Assert.Equal(points[1].Y, points[3].Y);
        Assert.True(points[1].Y < points[0].Y);
        var labels = svg.Elements("text").Where(text => text.Attribute("text-anchor")!.Value == "end").ToArray();
        var ten = labels.Single(label => label.Value == "10");
        Assert.InRange(Number(ten.Attribute("y")!.Value) - points[1].Y, 3, 5);

        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Should_need_nothing_from_elsewhere()
    {
        Assert.DoesNotMatch(@"(?i)https?:|//[a-z]|src=|href=|url\(|@import|<script|<link|<iframe", Html);
        Assert.Contains("prefers-color-scheme: dark", Html);
        Assert.Contains("width=device-width", Html);
    }

    [Fact]
    public void Should_escape_hostile_names()
    {
        const string Hostile = "</title><script>alert('x')</script>&\"\u0001\ud800\uffff";
        var sample = SampleReport.Create();
        var html = HtmlReport.Render(sample with
        {
            JobName = Hostile,
            Summary = Hostile,
            Settings = [new(Hostile, Hostile)],
            Stages = [new TrainingCurves(Hostile, [new Curve(Hostile, [new(1, 1), new(2, 2)])], null, null)],
            Heldout = [new HeldoutMetric(Hostile, new Curve(Hostile, [new(1, 0.5)]), 0.1)],
            Accounts = [new StructureAccount(Hostile, 1, 0, 0, 0, [new CountedReason(Hostile, 1, Hostile)],
                [new QuarantinedStructure(0, Hostile, Hostile, Hostile)], [])],
            Tokens = [sample.Tokens[0] with { Teacher = Hostile, ExcludedReason = Hostile }],
        });

        Assert.DoesNotContain("<script", html);
        Assert.StartsWith("</title><script>alert('x')</script>&\"", Parse(html).Descendants("h1").Single().Value);
    }

    [Fact]
    public void Should_hold_a_report_without_any_data()
    {
        var page = Parse(HtmlReport.Render(new RunReport { JobName = "empty" }));

        Assert.Empty(page.Descendants("svg"));
        Assert.Empty(page.Descendants("section"));
    }

    [Fact]
    public void Should_survive_single_and_infinite_values()
    {
        var stage = new TrainingCurves("odd", [new Curve("one", [new(5, 2.5)]),
            new Curve("inf", [new(1, double.PositiveInfinity)])],
            new Curve("zero", [new(1, 0), new(2, 0)]), null);
        var report = new RunReport
        {
            JobName = "odd",
            Stages = [stage],
            Elbow = new ElbowTable([new(64, 1)], 64),
            Tokens = [new TokenUse("unused", new TokenHistogram(4), null, null, "none")],
        };
        var html = HtmlReport.Render(report);

        Assert.DoesNotContain("NaN", html);
        Assert.DoesNotContain("∞", html);
        Assert.Equal(3, Parse(html).Descendants("svg").Count());
    }

    [Fact]
    public void Should_write_the_file_whole()
    {
        var folder = Directory.CreateTempSubdirectory("ism-report-").FullName;
        try
        {
            HtmlReport.Write(Path.Combine(folder, "report.html"), SampleReport.Create());

            Assert.Equal(Html, File.ReadAllText(Path.Combine(folder, "report.html")));
            Assert.Single(Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static XElement Figure(XDocument page, string caption) =>
        page.Descendants("figure").Single(figure => figure.Element("figcaption")!.Value == caption);

    private static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html),
            new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }
}
