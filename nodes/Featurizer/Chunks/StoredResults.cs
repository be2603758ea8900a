using System.Security.Cryptography;
using System.Text.Json;
using Ism.Corpus;
using Ism.Models.Codebook;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;

namespace Ism.Featurizer.Chunks;

/// <summary>
/// Results in a workspace that lies on storage. What is there is not made again, whatever the ledger has lost: a workspace holds one job, so a
/// result under its name is this work's. In a workspace that is a folder none of this does anything.
/// </summary>
internal sealed class StoredResults(FeaturizerContext context)
{
    /// <summary>Fetches what a work needs and this machine does not have.</summary>
    /// <exception cref="IOException">The storage refuses or has not answered for long, or the disk is full.</exception>
    public static void Gather(Workspace workspace, ChunkWork work, int chunk)
    {
        if (workspace.Store is null)
        {
            return;
        }

        if (work.Kind == WorkKind.Cluster)
        {
            workspace.Bring(EmbeddingsFile.PathOf(workspace.At(work.Embeddings), chunk));
            workspace.Bring(work.Codebook);
            return;
        }

        workspace.BringFolder(work.Encoder);
        workspace.BringFolder(work.Codebook);
        foreach (var further in work.Encoders)
        {
            workspace.BringFolder(further.Encoder);
            workspace.BringFolder(further.Codebook);
        }

        foreach (var teacher in work.Teachers)
        {
            workspace.BringFolder(teacher.Folder);
        }
    }

    /// <summary>The result of a chunk that this machine or the storage has, on the storage when this returns; null: it is to be made.</summary>
    /// <exception cref="IOException">The storage refuses or has not answered for long, or the disk is full.</exception>
    public ChunkResult? Take(ChunkWork work, int chunk, CancellationToken cancel)
    {
        if (context.Workspace.Store is null)
        {
            return null;
        }

        var path = ChunkWorker.ResultPath(context.Workspace, work, chunk);
        try
        {
            if (!context.Workspace.Bring(path))
            {
                return null;
            }

            var result = Read(work, chunk, path);
            context.Workspace.Keep(path, cancel);
            return result;
        }
        catch (InvalidDataException damage)
        {
            context.Note($"{damage.Message}; the chunk is made anew");
            return null;
        }
    }

    private ChunkResult Read(ChunkWork work, int chunk, string path)
    {
        var bytes = File.ReadAllBytes(path);
        var sha = Convert.ToHexStringLower(SHA256.HashData(bytes));
        switch (work.Kind)
        {
            case WorkKind.Tokenise:
                using (var file = TokenFile.Open(path))
                {
                    var summary = TokenCache.Summary(file, bytes);
                    return new ChunkResult(sha, bytes.Length, summary.Structures, summary.Quarantined, summary.Residues, 0)
                    {
                        Reasons = ChunkWorker.ByReason([.. file.Quarantine]),
                    };
                }

            case WorkKind.Embed:
                var embeddings = EmbeddingsFile.Load(path);
                var refused = JsonSerializer.Deserialize<List<QuarantinedStructure>>(embeddings.Quarantine) ?? [];
                return new ChunkResult(sha, bytes.Length, embeddings.Structures, embeddings.Quarantined, embeddings.Points.Count, 0)
                {
                    Reasons = ChunkWorker.ByReason(refused),
                };

            default:
                _ = ClusteringFiles.LoadPartial(path);
                context.Workspace.Bring(EmbeddingsFile.PathOf(context.Workspace.At(work.Embeddings), chunk));
                var source = EmbeddingsFile.Load(EmbeddingsFile.PathOf(context.Workspace.At(work.Embeddings), chunk));
                return new ChunkResult(sha, bytes.Length, source.Structures, source.Quarantined, source.Points.Count, 0);
        }
    }
}
