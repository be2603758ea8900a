using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Ism.Structures;
using Ism.Structures.Synthesis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Ism.Cli.Tests.Data;

/// <summary>`ism data afdb` against a server with the database's names.</summary>
public sealed class AfdbVerbTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-afdb-").FullName;
    private readonly ConcurrentDictionary<string, byte[]> _files = new();
    private readonly ConcurrentQueue<string> _asked = new();
    private WebApplication _app = null!;

    private string Out => Path.Combine(_folder, "out");

    private string Address => _app.Urls.First();

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(async http =>
        {
            _asked.Enqueue(http.Request.Path.ToString());
            if (_files.TryGetValue(http.Request.Path.ToString(), out var content))
            {
                http.Response.ContentLength = content.Length;
                await http.Response.Body.WriteAsync(content);
            }
            else
            {
                http.Response.StatusCode = 404;
            }
        });
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Should_fetch_models_by_accession_and_list_the_missing()
    {
        _files["/files/AF-P12345-F1-model_v6.cif"] = Model();
        var ids = Write("ids.txt", "# mine\np12345\n\nA0A0B7P221  # not there\nP12345\n");
        var run = await RunAsync("--ids", ids);
        Assert.Equal(0, run.Code);
        Assert.Contains("1 saved, 0 there already, 1 missing, 0 failed", run.Output, StringComparison.Ordinal);
        Assert.Contains("AF-A0A0B7P221-F1-model_v6.cif", File.ReadAllText(Path.Combine(Out, "missing.txt")), StringComparison.Ordinal);
        var entry = Assert.Single(StructureSources.List(Out));
        var structure = StructureReader.ReadFile(entry.Path);
        Assert.True(structure.IsPredicted);

        using var json = JsonDocument.Parse((await RunAsync("--ids", ids, "--json")).Output);
        Assert.Equal(1, json.RootElement.GetProperty("present").GetInt32());
        Assert.Equal("AF-A0A0B7P221-F1-model_v6.cif", json.RootElement.GetProperty("missing")[0].GetString());
        Assert.Equal(3, _asked.Count);
    }

    [Fact]
    public async Task Should_ask_for_the_version_and_form_that_are_wanted()
    {
        _files["/files/AF-P12345-F1-model_v4.pdb"] = Model();
        var run = await RunAsync("--ids", Write("ids.txt", "P12345\n"), "--format", "pdb", "--version", "4");
        Assert.Equal(0, run.Code);
        Assert.True(File.Exists(Path.Combine(Out, "AF-P12345-F1-model_v4.pdb")), run.Output + run.Error);
    }

    [Fact]
    public async Task Should_fetch_archives_that_can_be_trained_on_as_they_are()
    {
        _files["/latest/download_metadata.json"] = Encoding.UTF8.GetBytes(
            """[{"archive_name": "UP000000001_1_X_v6.tar", "reference_proteome": "UP000000001"}]""");
        _files["/latest/UP000000001_1_X_v6.tar"] = Archive("AF-P12345-F1-model_v6.cif", "AF-P12346-F1-model_v6.cif");
        _files["/elsewhere/more.tar"] = Archive("AF-P12347-F1-model_v6.cif");
        var run = await RunAsync("--proteome", "UP000000001", "--tar", $"{Address}/elsewhere/more.tar");
        Assert.True(run.Code == 0, run.Error);
        var entries = StructureSources.List(Out).ToList();
        Assert.Equal(3, entries.Count);
        Assert.All(StructureBatch.Read(entries, new()), r => Assert.NotNull(r.Structure));
    }

    [Theory]
    [InlineData("P12345\nP123\nx\n", "line 2: 'P123', line 3: 'x'")]
    [InlineData("# nothing\n", "holds no accession")]
    public async Task Should_refuse_bad_lines_before_anything_is_fetched(string lines, string message)
    {
        var run = await RunAsync("--ids", Write("ids.txt", lines));
        Assert.Equal(2, run.Code);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("nothing to fetch")]
    [InlineData("there is no such file", "--ids", "nowhere.txt")]
    [InlineData("UP and nine digits", "--proteome", "UP1")]
    [InlineData("no address", "--tar", "ftp://x/y.tar")]
    [InlineData("an archive ends in", "--tar", "http://x/y.zip")]
    [InlineData("cif, bcif, pdb can be had", "--tar", "http://x/y.tar", "--format", "mmtf")]
    [InlineData("must be 1 or more", "--tar", "http://x/y.tar", "--connections", "0")]
    public async Task Should_refuse_what_cannot_be_meant(string message, params string[] arguments)
    {
        var run = await RunAsync(arguments);
        Assert.Equal(2, run.Code);
        Assert.Contains(message, Assert.Single(run.Problems), StringComparison.Ordinal);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task Should_say_which_proteome_the_database_does_not_have()
    {
        _files["/latest/download_metadata.json"] = "[]"u8.ToArray();
        var run = await RunAsync("--proteome", "UP000000009");
        Assert.Equal(1, run.Code);
        Assert.Contains("no archive of proteome UP000000009", run.Error, StringComparison.Ordinal);
    }

    private Task<Invocation> RunAsync(params string[] arguments) => Invocation.Of([
        "data", "afdb", "--out", Out, "--files-url", $"{Address}/files", "--archives-url", $"{Address}/latest/", "--tries", "2",
        "--requests-per-second", "1000", .. arguments]);

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private byte[] Model()
    {
        var folder = Path.Combine(_folder, "made");
        SyntheticCorpus.Write(folder, 1, seed: 5, new SynthesisOptions { MinLength = 30, MaxLength = 40 });
        return File.ReadAllBytes(Directory.EnumerateFiles(folder).Single());
    }

    private byte[] Archive(params string[] members)
    {
        using var memory = new MemoryStream();
        using (var writer = new TarWriter(memory, leaveOpen: true))
        {
            foreach (var member in members)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, member) { DataStream = new MemoryStream(Model()) });
            }
        }

        return memory.ToArray();
    }
}
