using System.Text.Json;
using Ism.Protocol.Files;

namespace Ism.Coordinator.Api;

/// <summary>Where a coordinator's API is reached.</summary>
/// <param name="Node">The coordinator.</param>
/// <param name="Url">Its address.</param>
public sealed record ApiRecord(string Node, string Url);

/// <summary>Addresses of APIs in a home or workspace, one small file for each coordinator: commands on the same storage find them.</summary>
public sealed class ApiRecords(string folder)
{
    private readonly string _folder = Path.Combine(folder, "api");

    /// <summary>Writes a coordinator's address.</summary>
    /// <exception cref="IOException">The storage refused it.</exception>
    public void Write(ApiRecord record) => WholeFile.Write(PathOf(record.Node), JsonSerializer.Serialize(record));

    /// <summary>All that can be read. A coordinator that died has left its address too.</summary>
    public IReadOnlyList<ApiRecord> All() => !Directory.Exists(_folder) ? [] :
    [
        .. Directory.EnumerateFiles(_folder, "*.json").Select(TryRead).OfType<ApiRecord>().OrderBy(r => r.Node, StringComparer.Ordinal),
    ];

    /// <summary>Takes a coordinator's address away, unless a newer one of its name has written it.</summary>
    public void Remove(string node, string url)
    {
        try
        {
            if (TryRead(PathOf(node))?.Url == url)
            {
                File.Delete(PathOf(node));
            }
        }
        catch (IOException)
        {
            // It says where nobody is any more, which readers are used to.
        }
    }

    /// <summary>Takes all addresses away, before a new cluster starts.</summary>
    public void Clear()
    {
        foreach (var path in Directory.Exists(_folder) ? Directory.GetFiles(_folder, "*.json") : [])
        {
            File.Delete(path);
        }
    }

    private static ApiRecord? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ApiRecord>(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string PathOf(string node) => Path.Combine(_folder, $"{Uri.EscapeDataString(node)}.json");
}
