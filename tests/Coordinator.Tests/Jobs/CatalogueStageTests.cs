using Ism.Coordinator.Jobs;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Tests.Jobs;

public class CatalogueStageTests
{
    [Fact]
    public void Should_keep_the_catalogue_of_the_first_run_when_files_are_added()
    {
        using var job = new OneProcessJob(proteins: 5, chunkSize: 2);
        Directory.CreateDirectory(job.Workspace.At(Workspace.Catalogues));
        var first = CatalogueStage.Run(job);
        File.WriteAllText(Path.Combine(job.Structures, "aa-added.cif"), "");
        var second = CatalogueStage.Run(job);

        Assert.Equal((5L, 3), (first.Corpus.Catalogue.Count, first.Corpus.Catalogue.ChunkCount));
        Assert.Equal(first.Corpus.Folder, second.Corpus.Folder);
        Assert.Equal(first.Corpus.Catalogue.Id, second.Corpus.Catalogue.Id);
        Assert.Equal(first.Corpus, first.Experimental);
        Assert.Null(first.Heldout);
    }

    [Fact]
    public void Should_list_held_out_and_experimental_structures_by_themselves()
    {
        using var job = new OneProcessJob(proteins: 4, chunkSize: 2);
        using var other = new OneProcessJob(proteins: 3, chunkSize: 2);
        job.Job = job.Job with
        {
            Corpus = job.Job.Corpus with { Heldout = [other.Structures] },
            Autoencoder = job.Job.Autoencoder with { Structures = [other.Structures, job.Structures] },
        };

        var catalogues = CatalogueStage.Run(job);
        Assert.Equal((4L, 3L, 7L),
            (catalogues.Corpus.Catalogue.Count, catalogues.Heldout!.Catalogue.Count, catalogues.Experimental.Catalogue.Count));
    }

    [Fact]
    public void Should_fail_with_the_name_of_a_source_that_is_not_there()
    {
        using var job = new OneProcessJob(proteins: 1, chunkSize: 2);
        job.Job = job.Job with { Corpus = job.Job.Corpus with { Structures = ["/no/such/folder"] } };

        Assert.Contains("/no/such/folder", Assert.Throws<JobFailedException>(() => CatalogueStage.Run(job)).Message);
    }
}
