using System.Text.Json;
using Ism.Protocol.Files;

namespace Ism.Cluster.Membership;

/// <summary>
/// Says in the workspace that the cluster's job is over, so that a standby coordinator does not do it again, whoever started the nodes
/// knows how it ended, and nodes started by hand leave. Taken away by whoever founds the next cluster.
/// </summary>
/// <param name="Error">Null when the job is complete, else why not.</param>
/// <param name="Time">When it ended (UTC).</param>
public sealed record EndedMarker(string? Error, DateTimeOffset Time)
{
    /// <summary>How the error of a job begins that a person has ended.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>A person has ended the job.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsCancelled => Error?.StartsWith(Cancelled, StringComparison.Ordinal) == true;

    /// <summary>The file.</summary>
    public static string PathIn(string workspace) => Path.Combine(workspace, "cluster", "ended.json");

    /// <summary>Writes the marker.</summary>
    /// <exception cref="IOException">The storage refused it.</exception>
    public static void Write(string workspace, string? error) =>
        WholeFile.Write(PathIn(workspace), JsonSerializer.Serialize(new EndedMarker(error, DateTimeOffset.UtcNow)));

    /// <summary>The marker, or null while the job goes on.</summary>
    public static EndedMarker? TryRead(string workspace)
    {
        try
        {
            return JsonSerializer.Deserialize<EndedMarker>(File.ReadAllText(PathIn(workspace)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            return new EndedMarker($"{PathIn(workspace)} is damaged", DateTimeOffset.MinValue);
        }
    }

    /// <summary>Takes away the marker of a cluster before.</summary>
    public static void Delete(string workspace)
    {
        if (File.Exists(PathIn(workspace)))
        {
            File.Delete(PathIn(workspace));
        }
    }
}
