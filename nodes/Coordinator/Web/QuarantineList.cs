using System.Globalization;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Web;

/// <summary>A structure that was refused.</summary>
/// <param name="Catalogue">corpus or heldout.</param>
/// <param name="Position">Its position there.</param>
/// <param name="Name">Its name.</param>
/// <param name="Reason">Kind of reason.</param>
/// <param name="Message">What was wrong with it.</param>
public sealed record QuarantineEntry(string Catalogue, long Position, string Name, string Reason, string Message);

/// <summary>Structures that were refused.</summary>
/// <param name="Entries">The first of them.</param>
/// <param name="Reasons">How many for each kind of reason.</param>
/// <param name="IsComplete">No file is left to look into.</param>
public sealed record QuarantineList(
    IReadOnlyList<QuarantineEntry> Entries, IReadOnlyDictionary<string, long> Reasons, bool IsComplete)
{
    private const int MostEntries = 1000;

    /// <summary>Nobody has looked yet.</summary>
    public static QuarantineList None { get; } = new([], new Dictionary<string, long>(), false);

    /// <summary>All that were refused.</summary>
    public long Total => Reasons.Values.Sum();

    /// <summary>Reads quarantine.tsv of a job that is complete; null while there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static QuarantineList? TryRead(Workspace workspace)
    {
        var path = workspace.At(Workspace.Quarantine);
        if (!File.Exists(path))
        {
            return null;
        }

        var entries = new List<QuarantineEntry>();
        var reasons = new Dictionary<string, long>();
        foreach (var cells in File.ReadLines(path).Skip(1).Select(line => line.Split('\t')).Where(c => c.Length == 5))
        {
            reasons[cells[3]] = reasons.GetValueOrDefault(cells[3]) + 1;
            if (entries.Count < MostEntries && long.TryParse(cells[1], CultureInfo.InvariantCulture, out var position))
            {
                entries.Add(new QuarantineEntry(cells[0], position, cells[2], cells[3], cells[4]));
            }
        }

        return new QuarantineList(entries, reasons, true);
    }
}
