using Ism.Corpus;
using Ism.Featurizer.Chunks;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Featurizer.Tests.Chunks;

/// <summary>In a workspace on storage a result is there before it is reported, and what is there is not made again.</summary>
public sealed class StoredResultsTests : IDisposable
{
    private readonly FeaturizerWorkspace _place = new();
    private readonly string _there = Directory.CreateTempSubdirectory("ism-storage-").FullName;
    private readonly FolderStore _store;
    private readonly Workspace _workspace;

    public StoredResultsTests()
    {
        _store = new FolderStore(_place.Workspace.Root, _there);
        _workspace = _place.Workspace with { Store = _store };
        foreach (var folder in (string[])[Workspace.Autoencoder, Workspace.Codebook, $"{Workspace.Catalogues}/{_place.CatalogueName}"])
        {
            _workspace.KeepFolder(folder);
        }

        ClusteringFiles.SaveCentroids(_workspace.At("pass/centroids.safetensors"), _place.Start);
        _workspace.Keep("pass/centroids.safetensors");
        _store.Sent.Clear();
    }

    public void Dispose()
    {
        _place.Dispose();
        Directory.Delete(_there, recursive: true);
    }

    [Fact]
    public void Should_keep_results_and_take_them_from_an_empty_cache_without_the_structures()
    {
        ChunkWork[] works = [_place.Embedding("embeddings"), _place.Clustering("embeddings", "pass"), _place.Tokenising("tokens")];
        var made = works.Select(work => Run(work, 1)).ToList();
        Assert.Equal(
            ["embeddings/chunk-000001.safetensors", "pass/chunk-000001.safetensors", Path.GetRelativePath(_workspace.Root, Tokens)], _store.Sent);
        var bytes = File.ReadAllBytes(Tokens);

        Directory.Delete(_workspace.Root, recursive: true);
        Directory.Delete(_place.Structures, recursive: true);
        var taken = works.Select(work => Run(work, 1)).ToList();
        Assert.Equal(made.Select(Text), taken.Select(Text));
        Assert.Equal(bytes, File.ReadAllBytes(Tokens));
        Assert.Equal(3, _store.Sent.Count);
        Assert.Equal(1, taken[2].Reasons["NotAStructure"]);
    }

    [Fact]
    public void Should_fetch_what_the_work_needs_and_make_it()
    {
        Run(_place.Embedding("embeddings"), 0);
        Directory.Delete(_workspace.Root, recursive: true);
        Assert.Equal(FeaturizerWorkspace.ChunkSize, Run(_place.Clustering("embeddings", "pass"), 0).Structures);
        Directory.Delete(_workspace.Root, recursive: true);
        Assert.Equal(FeaturizerWorkspace.ChunkSize, Run(_place.Tokenising("tokens"), 0).Structures);
    }

    [Fact]
    public void Should_send_what_the_storage_did_not_take_when_it_is_back_and_not_make_it_twice()
    {
        _store.IsFull = true;
        Assert.Throws<IOException>(() => Run(_place.Tokenising("tokens"), 0));
        Assert.Empty(_store.Sent);
        _store.IsFull = false;
        Directory.Delete(_place.Structures, recursive: true);
        Assert.Equal(FeaturizerWorkspace.ChunkSize, Run(_place.Tokenising("tokens"), 0).Structures);
        Assert.Single(_store.Sent);
    }

    [Fact]
    public void Should_make_anew_what_is_damaged_there()
    {
        Run(_place.Tokenising("tokens"), 1);
        var bytes = File.ReadAllBytes(Tokens);
        File.Delete(Tokens);
        var stored = _store.Stored(Path.GetRelativePath(_workspace.Root, Tokens));
        File.WriteAllBytes(stored, bytes[..(bytes.Length / 2)]);
        Run(_place.Tokenising("tokens"), 1);
        Assert.Equal(bytes, File.ReadAllBytes(stored));
    }

    private string Tokens => TokenFile.PathOf(_workspace.At("tokens"), 1);

    // A node that has just been started.
    private ChunkResult Run(ChunkWork work, int chunk)
    {
        using var context = new FeaturizerContext(_workspace, _place.Context.Job);
        using var worker = new ChunkWorker(context);
        return worker.Run(work, chunk, _ => { }, CancellationToken.None);
    }

    private static string Text(ChunkResult result) =>
        $"{result with { Seconds = 0, Reasons = new Dictionary<string, int>() }} {string.Join(',', result.Reasons)}"
            .Replace("System.Collections.Generic.Dictionary`2[System.String,System.Int32]", "", StringComparison.Ordinal);
}
