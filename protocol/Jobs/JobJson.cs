using System.Text.Json;
using System.Text.Json.Serialization;
using Ism.Protocol.Files;

namespace Ism.Protocol.Jobs;

/// <summary>
/// A job as JSON: job.json in the workspace, and what `ism config --json` prints. Keys are those of job files, in the order of the
/// records; the same job gives the same bytes. A key that is absent keeps the record's default, an unknown one is refused.
/// </summary>
public static class JobJson
{
    /// <summary>Name of the file in a workspace.</summary>
    public const string FileName = "job.json";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The job as indented JSON without a line end after the last brace.</summary>
    public static string Write(JobOptions job) => JsonSerializer.Serialize(job, Options);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The text is no JSON, has an unknown key or a value of the wrong type.</exception>
    public static JobOptions Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<JobOptions>(json, Options)
                ?? throw new InvalidDataException("a job cannot be null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"not a job of this version: {e.Message}", e);
        }
    }

    /// <summary>Writes the job to <paramref name="path"/>: beside its name first, then put in place, so that a reader sees the old
    /// file or the new one.</summary>
    public static void Save(JobOptions job, string path) => WholeFile.Write(path, Write(job) + "\n");

    /// <summary>Reads a job.json.</summary>
    /// <exception cref="InvalidDataException">As <see cref="Read"/>, naming the file.</exception>
    public static JobOptions Load(string path)
    {
        try
        {
            return Read(File.ReadAllText(path));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
