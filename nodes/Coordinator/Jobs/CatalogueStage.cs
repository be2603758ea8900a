using System.Text.Json;
using Ism.Corpus;
using Ism.Protocol.Files;
using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Coordinator.Jobs;

/// <summary>A catalogue and the name of its folder, by which messages and token folders name it.</summary>
public sealed record NamedCatalogue(string Folder, Catalogue Catalogue);

/// <summary>The catalogues of a job.</summary>
/// <param name="Corpus">Tokenised and trained on.</param>
/// <param name="Heldout">Only evaluated on; null when the job names none.</param>
/// <param name="Experimental">What autoencoder and codebook are made from.</param>
public sealed record JobCatalogues(NamedCatalogue Corpus, NamedCatalogue? Heldout, NamedCatalogue Experimental);

/// <summary>
/// Lists the sources once. A job that is started again takes the catalogues it has, even if files were added meanwhile: positions,
/// and with them the order of training, must not shift.
/// </summary>
public static class CatalogueStage
{
    private const string RolesFile = "roles.json";

    /// <summary>Lists or reopens the job's catalogues.</summary>
    /// <exception cref="JobFailedException">A source is missing, unreadable or empty.</exception>
    public static JobCatalogues Run(IJobServices services)
    {
        var folder = services.Workspace.At(Workspace.Catalogues);
        services.Workspace.Bring(Path.Combine(folder, RolesFile));
        var roles = ReadRoles(folder) ?? ListAll(services, folder);
        var open = new Dictionary<string, NamedCatalogue>();
        var catalogues = new JobCatalogues(Open("corpus")!, Open("heldout"), Open("experimental") ?? Open("corpus")!);
        var counts = $"{catalogues.Corpus.Catalogue.Count:N0} structures to train on in {catalogues.Corpus.Catalogue.ChunkCount:N0} chunks, "
            + $"{catalogues.Heldout?.Catalogue.Count ?? 0:N0} held out, {catalogues.Experimental.Catalogue.Count:N0} for the autoencoder";
        foreach (var name in open.Keys)
        {
            services.Workspace.KeepFolder(Path.Combine(folder, name));
        }

        services.Workspace.Keep(Path.Combine(folder, RolesFile));
        services.Emit(RunEvent.Now(RunEventKind.Finished, RunStages.Catalogue, catalogues.Corpus.Catalogue.Count, catalogues.Corpus.Catalogue.Count, counts));
        return catalogues;

        NamedCatalogue? Open(string role)
        {
            if (!roles.TryGetValue(role, out var name))
            {
                return null;
            }

            if (open.TryGetValue(name, out var known))
            {
                return known;
            }

            services.Workspace.BringFolder(Path.Combine(folder, name));
            return open[name] = new NamedCatalogue(name, Catalogue.Open(Path.Combine(folder, name)));
        }
    }

    private static Dictionary<string, string> ListAll(IJobServices services, string folder)
    {
        var job = services.Job;
        services.Emit(RunEvent.Now(RunEventKind.Started, RunStages.Catalogue, message: "listing structures"));
        var roles = new Dictionary<string, string> { ["corpus"] = List("corpus", job.Corpus.Structures) };
        if (job.Corpus.Heldout.Count > 0)
        {
            roles["heldout"] = List("heldout", job.Corpus.Heldout);
        }

        if (job.Autoencoder.Structures.Count > 0 && !job.Autoencoder.Structures.SequenceEqual(job.Corpus.Structures))
        {
            roles["experimental"] = List("experimental", job.Autoencoder.Structures);
        }

        WholeFile.Write(Path.Combine(folder, RolesFile), JsonSerializer.Serialize(roles));
        return roles;

        string List(string role, IReadOnlyList<string> sources)
        {
            try
            {
                var entries = StructureSources.List(sources);
                return Path.GetFileName(Catalogue.Create(entries, job.Corpus.ChunkSize).Save(folder, role));
            }
            catch (Exception e) when (e is StructureSourceException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new JobFailedException($"the structures of '{role}' could not be listed: {e.Message}", e);
            }
        }
    }

    private static Dictionary<string, string>? ReadRoles(string folder)
    {
        var path = Path.Combine(folder, RolesFile);
        return File.Exists(path) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(path)) : null;
    }
}
