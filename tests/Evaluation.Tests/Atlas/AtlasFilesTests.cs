using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ism.Evaluation.Atlas;
using Ism.Structures;

namespace Ism.Evaluation.Tests.Atlas;

public sealed class AtlasFilesTests(AtlasSample sample) : IClassFixture<AtlasSample>
{
    private static readonly StructureReaderOptions Anything =
        StructureReaderOptions.Default with { MinLength = 1, MinSideChainShare = 0, MaxUnknownShare = 1, KeepAtomNames = true };

    [Fact]
    public void Should_write_microenvironments_that_are_read_back()
    {
        for (var token = 0; token < AtlasSample.Tokens; token++)
        {
            foreach (var typical in sample.Atlas.Typical[token])
            {
                var text = EnvironmentFiles.Pdb(typical, token);
                var read = StructureReader.Read(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(text)), "environment.pdb", Anything);
                var view = EnvironmentView.Of(typical).Atoms.OrderBy(atom => atom.Atom).ToList();
                Assert.Equal(view.Select(atom => atom.Element), Enumerable.Range(0, read.Atoms.Count).Select(read.Atoms.Element));
                Assert.All(view.Index(), atom => Assert.Equal(atom.Item.At.Z, read.Atoms.Z[atom.Index], 6e-4));
                var lines = text.Split('\n').Where(line => line.StartsWith("ATOM", StringComparison.Ordinal)).ToList();
                Assert.Equal(view.Count(atom => atom.Masked), lines.Count(line => line[54..60] == "  0.00"));
                Assert.Contains(lines, line => line[60..66].Trim() == token.ToString("F2", CultureInfo.InvariantCulture));
                var masked = typical.Of.Structure.Residues[typical.Residue];
                Assert.All(lines.Where(line => line[54..60] == "  0.00"), line => Assert.Equal((masked.Name, masked.Number), (line[17..20], int.Parse(line[22..26]))));
            }
        }
    }

    [Fact]
    public void Should_write_structures_with_their_tokens_that_are_read_back()
    {
        Assert.NotEmpty(TokenStructureFiles.Of(sample.Atlas));
        foreach (var (file, tokenised) in TokenStructureFiles.Of(sample.Atlas))
        {
            var text = TokenStructureFiles.Cif(tokenised);
            var read = StructureReader.Read(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(text)), "tokens.cif", Anything);
            Assert.Equal(tokenised.Structure.Chains.Select(chain => (chain.Id, chain.Sequence)), read.Chains.Select(chain => (chain.Id, chain.Sequence)));
            Assert.Equal(tokenised.Structure.Atoms.Names, read.Atoms.Names);
            Assert.Equal(tokenised.Structure.Atoms.Y.Select(y => MathF.Round(y, 3)), read.Atoms.Y.Select(y => MathF.Round(y, 3)));
            var rows = text.Split('\n').Where(line => line.StartsWith("ATOM ", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToList();
            Assert.Equal(
                Enumerable.Range(0, read.Atoms.Count).Select(atom => (double)tokenised.Tokens[tokenised.Structure.Atoms.Residue[atom]]),
                rows.Select(row => double.Parse(row[14], CultureInfo.InvariantCulture)));
            Assert.EndsWith(TokenStructureFiles.Ending, file);
            Assert.Equal(tokenised.Tokens.Count(token => token >= 0), Regex.Count(text, "'token [0-9]+'\n"));
        }
    }

    [Fact]
    public void Should_name_ions_and_odd_elements_by_their_atoms()
    {
        Assert.Equal("ZN", EnvironmentFiles.Symbol(ElementType.X, "ZN"));
        Assert.Equal("SE", EnvironmentFiles.Symbol(ElementType.X, "SE"));
        Assert.Equal("F", EnvironmentFiles.Symbol(ElementType.X, "F12"));
        Assert.Equal("X", EnvironmentFiles.Symbol(ElementType.X, "Q1"));
        Assert.Equal("N", EnvironmentFiles.Symbol(ElementType.N, "ND2"));
    }

    [Fact]
    public void Should_load_only_files_that_are_there_into_PyMOL_and_Molstar()
    {
        var folder = Path.Combine(sample.Folder, "out");
        Directory.CreateDirectory(Path.Combine(folder, "environments"));
        File.WriteAllText(Path.Combine(folder, "environments", "token-999-1.pdb"), "of an earlier atlas");
        AtlasFolder.Write(folder, sample.Atlas, sample.Facts);
        Assert.False(File.Exists(Path.Combine(folder, "environments", "token-999-1.pdb")));
        foreach (var script in (string[])[PymolScripts.Environments, PymolScripts.Structures])
        {
            var loads = File.ReadLines(Path.Combine(folder, script)).Where(line => line.StartsWith("load ", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(loads);
            Assert.All(loads, line => Assert.True(File.Exists(Path.Combine(folder, line[5..line.IndexOf(',')])), line));
        }

        using var archive = ZipFile.OpenRead(Path.Combine(folder, MolstarStory.File));
        using var index = JsonDocument.Parse(archive.GetEntry("index.mvsj")!.Open());
        var snapshots = index.RootElement.GetProperty("snapshots");
        var met = sample.Atlas.Profiles().Count(p => p.Residues > 0);
        Assert.Equal(met + TokenStructureFiles.Of(sample.Atlas).Count, snapshots.GetArrayLength());
        var urls = Regex.Matches(index.RootElement.GetRawText(), "\"url\":\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(sample.All.Count() + TokenStructureFiles.Of(sample.Atlas).Count, urls.Count);
        Assert.All(urls, url => Assert.NotNull(archive.GetEntry(url)));
    }

    [Fact]
    public void Should_draw_a_section_for_each_token_on_a_page_that_fetches_nothing()
    {
        var html = AtlasPage.Html(sample.Atlas, sample.Facts);
        var page = XDocument.Parse(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)).Root!;
        var sections = page.Descendants("section").ToList();
        Assert.Equal(Enumerable.Range(0, AtlasSample.Tokens).Select(token => $"token-{token}").Order(), sections.Select(s => s.Attribute("id")!.Value).Order());
        Assert.Equal(sample.All.Count(), page.Descendants("svg").Count(svg => svg.Attribute("class")?.Value == "env"));
        var excluded = Assert.Single(sections, s => s.Attribute("class")!.Value == "token excluded");
        Assert.Equal("token-1", excluded.Attribute("id")!.Value);
        Assert.Contains("None of the residues", sections.Single(s => s.Attribute("id")!.Value == $"token-{AtlasSample.Tokens - 1}").Value);
        Assert.Contains("Structure tokens of a &lt;job&gt;", html);
        Assert.Contains("used: K = 5", html);
        Assert.Contains("token 1 fixed by the setting", html);
        Assert.Equal(AtlasSample.Tokens, page.Descendants("table").Single(t => t.Attribute("class")?.Value == "sortable").Descendants("tr").Count() - 1);

        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "link" or "img" or "iframe" || e.Attribute("src") is not null);
        Assert.DoesNotMatch("https?:|@import|url\\(", html);
        Assert.All(page.Descendants("a").Select(a => a.Attribute("href")!.Value), href => Assert.Matches("^(#token-\\d+|environments/token-\\d+-\\d+\\.pdb)$", href));

        // Every atom of a drawing is one dot of its element, masked ones of their own kind.
        var first = sample.Atlas.Typical[0][0];
        var svg = EnvironmentDrawing.Svg(EnvironmentView.Of(first), "t");
        var dots = Regex.Matches(svg, "<path class=\"(a e.|m a)\" d=\"([^\"]+)\"").Select(match => (match.Groups[1].Value, match.Groups[2].Value.Split("h0").Length - 1)).ToList();
        Assert.Equal(first.Neighbours.Length, dots.Where(d => d.Value != "m a").Sum(d => d.Item2));
        Assert.Equal(first.Of.Structure.Residues[first.Residue].AtomCount, dots.Where(d => d.Value == "m a").Sum(d => d.Item2));
    }

    [Fact]
    public void Should_tell_all_numbers_as_JSON()
    {
        using var json = JsonDocument.Parse(AtlasJson.Write(sample.Atlas, sample.Facts));
        var tokens = json.RootElement.GetProperty("tokens").EnumerateArray().ToList();
        Assert.Equal(AtlasSample.Tokens, tokens.Count);
        foreach (var (token, profile) in sample.Atlas.Profiles().Index())
        {
            var row = tokens[token];
            Assert.Equal(profile.Residues, row.GetProperty("residues").GetInt64());
            Assert.Equal(sample.Atlas.Typical[token].Count, row.GetProperty("typical").GetArrayLength());
            Assert.Equal(token == 1, row.GetProperty("excluded").GetBoolean());
            if (profile.Residues > 0)
            {
                Assert.Equal(profile.MeanExposure, row.GetProperty("exposure").GetDouble(), 1e-5);
                Assert.Equal(1, row.GetProperty("aminoAcids").EnumerateObject().Sum(a => a.Value.GetDouble()), 1e-4);
                Assert.Equal(
                    sample.Atlas.Sets[0].ShareOf(token),
                    row.GetProperty("sets").GetProperty(sample.Atlas.Sets[0].Name).GetProperty("share").GetDouble(), 1e-5);
            }
            else
            {
                Assert.Equal(JsonValueKind.Null, row.GetProperty("exposure").ValueKind);
            }
        }

        Assert.Equal(AtlasSample.Tokens, json.RootElement.GetProperty("elbow").GetProperty("chosen").GetInt32());
    }

    [Fact]
    public void Should_make_the_case_of_the_excluded_token_from_numbers()
    {
        var atlas = new TokenAtlas(2, 0);
        for (var i = 0; i < 40; i++)
        {
            atlas.Set("models").Add(0, Residue(0.9f, i < 30 ? 40 : 80));
            atlas.Set("models").Add(1, Residue(0.1f, i < 4 ? 40 : 80));
        }

        var facts = sample.Facts with { Excluded = 0, ExcludedReason = "token 0 fixed by the setting" };
        var text = string.Join(' ', ExcludedTokenCase.Of(atlas, facts).Sentences);
        Assert.Contains("75.0 % of its 40 residues with a pLDDT are under 50", text);
        Assert.Contains("over all tokens 42.5 %; the next is token 1 with 10.0 %", text);
        Assert.Contains("number 1 of 2 tokens: its residues' mean relative exposure is 0.90, that of all residues 0.50", text);
        Assert.Contains("50.0 % of the models residues", text);
        Assert.Contains("By these structures alone token 0 would be chosen, with 75.0 %", string.Join(' ', ExcludedTokenCase.Of(atlas, facts with { Excluded = 1 }).Sentences));
        Assert.Contains("No token is left out: switched off", Assert.Single(ExcludedTokenCase.Of(atlas, facts with { Excluded = null, ExcludedReason = "switched off" }).Sentences));

        static ObservedResidue Residue(float exposure, float plddt) => new(new Microenvironment([0], [1, 0, 0], 0), [0], 'H', exposure, plddt);
    }
}
