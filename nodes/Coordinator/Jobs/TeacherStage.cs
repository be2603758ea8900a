using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ism.Corpus;
using Ism.Corpus.Teachers;
using Ism.Protocol.Chunks;
using Ism.Protocol.Jobs;
using Ism.Protocol.Training;

namespace Ism.Coordinator.Jobs;

/// <summary>The job's further teachers, their tokens sorted by the chunks of its catalogues.</summary>
/// <param name="Identity">Hash of the autoencoder's codebook and of every further teacher: names the tokens.</param>
/// <param name="Corpus">What becomes of the teachers in the corpus's token files.</param>
/// <param name="Heldout">The same of the held-out structures.</param>
public sealed record SortedTeachers(string Identity, ChunkTeacher[] Corpus, ChunkTeacher[] Heldout);

/// <summary>Sorts tokens that were made elsewhere by chunk, finds them sorted by an earlier run, and ends the job when too many structures
/// have none.</summary>
public static class TeacherStage
{
    private const string Folder = $"{Workspace.Work}/teachers";
    private const int IdentityDigits = 8;

    /// <summary>Sorts what is not sorted yet.</summary>
    /// <param name="services">The cluster.</param>
    /// <param name="catalogues">What is tokenised.</param>
    /// <param name="codebook">Identity of the codebook; without further teachers it alone names the tokens.</param>
    /// <exception cref="JobFailedException">A file cannot be read, or too many structures of the corpus are not in it.</exception>
    public static SortedTeachers Run(IJobServices services, JobCatalogues catalogues, string codebook)
    {
        if (services.Job.Teachers.Count == 0)
        {
            return new SortedTeachers(codebook, [], []);
        }

        var (identity, corpus, heldout) = (new StringBuilder(codebook), new List<ChunkTeacher>(), new List<ChunkTeacher>());
        foreach (var teacher in services.Job.Teachers)
        {
            var its = Identity(teacher);
            identity.Append('\n').Append(its);
            corpus.Add(Sort(services, teacher, its, catalogues.Corpus, binding: true));
            if (catalogues.Heldout is { } named)
            {
                heldout.Add(Sort(services, teacher, its, named, binding: false));
            }
        }

        return new SortedTeachers(Hash(identity.ToString()), [.. corpus], [.. heldout]);
    }

    /// <summary>Looks into the first chunks of the training order: chains that a teacher says nothing of (absent, or of other length or
    /// sequence) must not be too many.</summary>
    /// <param name="services">The cluster.</param>
    /// <param name="tokens">Folder of the token files.</param>
    /// <param name="chunks">Chunks that are tokenised.</param>
    /// <exception cref="JobFailedException">They are.</exception>
    public static void Check(IJobServices services, string tokens, IEnumerable<int> chunks)
    {
        var teachers = services.Job.Teachers;
        if (teachers.Count == 0)
        {
            return;
        }

        var column = FurtherTeachers.Of(services).Count - teachers.Count + 1;
        var (chains, without, example) = (0L, new long[teachers.Count], new string[teachers.Count]);
        foreach (var chunk in chunks)
        {
            using var file = TokenFile.Open(services.Workspace.Brought(TokenFile.PathOf(services.Workspace.At(tokens), chunk)));
            chains += file.RowCount;
            for (var i = 0; i < teachers.Count; i++)
            {
                foreach (var row in Enumerable.Range(0, file.RowCount).Where(row => !file.Tokens(column + i, row).ContainsAnyExcept(TokenRow.NoToken)))
                {
                    without[i]++;
                    example[i] ??= $"{file.Name(row)} chain {file.Chain(row)} of {file.Length(row)} residues";
                }
            }
        }

        for (var i = 0; i < teachers.Count; i++)
        {
            var share = without[i] / Math.Max(1.0, chains);
            var said = string.Create(
                CultureInfo.InvariantCulture,
                $"teacher {teachers[i].Name}: {without[i]:N0} of the first {chains:N0} chains ({share:P1}) have no tokens of their length and sequence")
                + (without[i] > 0 ? $", e.g. {example[i]}" : "");
            services.Emit(RunEvent.Now(RunEventKind.Note, RunStages.Tokens, message: said));
            if (share > teachers[i].MostMissing)
            {
                throw TooMany(teachers[i], said);
            }
        }
    }

    /// <summary>The heads of the further teachers.</summary>
    /// <param name="services">The cluster.</param>
    /// <param name="excluded">Per teacher the token left out; null for none.</param>
    public static TeacherHeads Heads(IJobServices services, IReadOnlyList<int?> excluded) => new(
        [.. FurtherTeachers.Of(services).Select((teacher, i) => new TeacherHead(teacher.Name, teacher.Clusters, excluded[i] ?? -1, teacher.Weight))]);

    private static ChunkTeacher Sort(IJobServices services, TeacherOptions teacher, string identity, NamedCatalogue catalogue, bool binding)
    {
        var folder = $"{Folder}/{teacher.Name}-{identity[..IdentityDigits]}-{catalogue.Folder}";
        var absolute = services.Workspace.At(folder);
        try
        {
            services.Workspace.BringFolder(folder);
            var coverage = TeacherParts.Find(absolute) ?? TeacherParts.Write(
                absolute, catalogue.Catalogue,
                TeacherFile.Read(teacher.Tokens, new TeacherAlphabet(teacher.Clusters, teacher.Alphabet), teacher.Name));
            services.Workspace.KeepFolder(folder);
            var said = string.Create(
                CultureInfo.InvariantCulture,
                $"teacher {teacher.Name}: {coverage.Covered:N0} of {coverage.Structures:N0} structures of {catalogue.Folder} have tokens; {coverage.Used:N0} of {coverage.Rows:N0} rows of {Path.GetFileName(teacher.Tokens)} used");
            var tooMany = coverage.Missing > teacher.MostMissing;
            services.Emit(RunEvent.Now(tooMany ? RunEventKind.Warning : RunEventKind.Note, RunStages.Tokens, message: said));
            return tooMany && binding ? throw TooMany(teacher, said) : new ChunkTeacher(teacher.Name, folder);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException)
        {
            throw new JobFailedException($"the tokens of teacher {teacher.Name} cannot be used: {e.Message}", e);
        }
    }

    private static JobFailedException TooMany(TeacherOptions teacher, string said) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"{said}; at most {teacher.MostMissing:P1} may be without. Names are those of structure files without extensions, with _CHAIN behind or a column 'chain' where a structure has several; give a file that has them, or raise mostMissing of the teacher"));

    private static string Identity(TeacherOptions teacher)
    {
        try
        {
            var identity = new StringBuilder($"{teacher.Name}\n{teacher.TokenCount}\n{teacher.Alphabet}");
            foreach (var path in TeacherFile.FilesOf(teacher.Tokens))
            {
                using var file = File.OpenRead(path);
                identity.Append('\n').Append(Convert.ToHexStringLower(SHA256.HashData(file)));
            }

            return Hash(identity.ToString());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new JobFailedException($"the tokens of teacher {teacher.Name} cannot be read: {e.Message}", e);
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
