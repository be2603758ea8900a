using System.Data.Common;
using Akka.Actor;
using Akka.Configuration;
using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;
using Ism.Protocol.Wire;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Ism.Coordinator.Tests.Journals;

/// <summary>Where a journal is kept.</summary>
public enum JournalKind
{
    /// <summary>A file in the workspace.</summary>
    Sqlite,

    /// <summary>A database of a server.</summary>
    Postgres,
}

/// <summary>A workspace with a journal, and the actor systems that use them: each one a coordinator that came up.</summary>
internal sealed class JournalPlace : IDisposable
{
    private readonly List<ActorSystem> _systems = [];
    private readonly string _journal;

    /// <summary>A new workspace and an empty journal.</summary>
    public JournalPlace(JournalKind kind, PostgresServer server)
    {
        if (kind == JournalKind.Postgres)
        {
            server.Require();
        }

        Workspace = new Workspace(Directory.CreateTempSubdirectory("ism-journal-").FullName);
        _journal = kind == JournalKind.Postgres ? server.NewDatabase() : "";
    }

    public Workspace Workspace { get; }

    /// <summary>A coordinator's actor system with the node's own configuration; its one member counts as a featurizer too.</summary>
    public ActorSystem StartSystem(string roles = "[coordinator, featurizer]", string role = NodeRoles.Coordinator)
    {
        var config = ConfigurationFactory.ParseString($$"""
            akka.cluster.roles = {{roles}}
            akka.loglevel = OFF
            akka.coordinated-shutdown.run-by-actor-system-terminate = off
            akka.coordinated-shutdown.run-by-clr-shutdown-hook = off
            """).WithFallback(NodeHocon.For(
                new NodeOptions { Role = role, NodeId = "coordinator-1", Workspace = Workspace.Root, Journal = _journal }));
        var system = ActorSystem.Create(NodeOptions.SystemName, config);
        _systems.Add(system);
        var cluster = Akka.Cluster.Cluster.Get(system);
        if (_systems.Count == 1 || role == NodeRoles.Coordinator)
        {
            cluster.Join(cluster.SelfAddress);
        }

        return system;
    }

    /// <summary>Ends a system without ceremony.</summary>
    public static async Task CrashAsync(ActorSystem system) => await system.Terminate().WaitAsync(Mailbox.Patience);

    /// <summary>The events of one owner as they stand in the database, in the order of their numbers, which have no gap.</summary>
    public IReadOnlyList<object> Events(string owner)
    {
        using DbConnection connection = _journal.Length > 0
            ? new NpgsqlConnection(_journal)
            : new SqliteConnection($"Data Source={Workspace.At("ledger", "journal.db")}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            $"select sequence_number, manifest, message from journal where persistence_id = '{owner}' order by sequence_number";
        using var rows = command.ExecuteReader();
        var events = new List<object>();
        while (rows.Read())
        {
            Assert.Equal(events.Count + 1, rows.GetInt64(0));
            events.Add(WireCodec.Decode((byte[])rows.GetValue(2), rows.GetString(1)));
        }

        return events;
    }

    public void Dispose()
    {
        Task.WaitAll([.. _systems.Select(CrashAsync)]);
        SqliteConnection.ClearAllPools();
        Directory.Delete(Workspace.Root, recursive: true);
    }
}
