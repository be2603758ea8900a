using System.Data.Common;
using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;
using Ism.Protocol.Wire;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Ism.Cli.Verification;

/// <summary>Reads the events of a job's journal as they stand in the database, without the actors that wrote them.</summary>
internal static class JournalReader
{
    private const string Query =
        "select persistence_id, sequence_number, manifest, message from journal order by persistence_id, sequence_number";

    /// <summary>One event.</summary>
    /// <param name="Owner">Whose it is, e.g. <c>ledger-tokenise-corpus-…</c>.</param>
    /// <param name="Sequence">Its number among the owner's.</param>
    /// <param name="Event">The event.</param>
    public readonly record struct Entry(string Owner, long Sequence, object Event);

    /// <summary>All events, by owner and number.</summary>
    /// <exception cref="DbException">The journal cannot be read.</exception>
    public static async Task<IReadOnlyList<Entry>> ReadAsync(Workspace workspace, JobOptions job, CancellationToken cancel)
    {
        var scope = JournalScope.Of(workspace, job);
        await using DbConnection connection = job.Cluster.Journal.Length > 0
            ? new NpgsqlConnection(job.Cluster.Journal)
            : new SqliteConnection($"Data Source={workspace.At("ledger", "journal.db")};Mode=ReadOnly");
        await connection.OpenAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = Query;
        await using var rows = await command.ExecuteReaderAsync(cancel);
        var entries = new List<Entry>();
        while (await rows.ReadAsync(cancel))
        {
            var owner = rows.GetString(0);
            if (owner.StartsWith(scope, StringComparison.Ordinal))
            {
                entries.Add(new Entry(owner[scope.Length..], rows.GetInt64(1), WireCodec.Decode((byte[])rows.GetValue(3), rows.GetString(2))));
            }
        }

        return entries;
    }
}
