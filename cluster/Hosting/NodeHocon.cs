using System.Globalization;
using System.Text;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Ism.Cluster.Security;

namespace Ism.Cluster.Hosting;

/// <summary>The configuration of a node: ism.conf under the node's own values.</summary>
public static class NodeHocon
{
    /// <summary>Builds the configuration of one node.</summary>
    public static Config For(NodeOptions node) => ConfigurationFactory.ParseString(Own(node)).WithFallback(Base())
        // Normally added when an extension is first used; a message of it that comes before would not be understood.
        .WithFallback(ClusterSharding.DefaultConfig())
        .WithFallback(ClusterSingleton.DefaultConfig());

    /// <summary>The commented defaults shared by all nodes.</summary>
    public static Config Base()
    {
        using var stream = typeof(NodeHocon).Assembly.GetManifestResourceStream("ism.conf")
            ?? throw new InvalidOperationException("ism.conf is missing from the assembly");
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }

    private static string Own(NodeOptions node)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"akka.cluster.roles = [{node.Role}]");
        text.AppendLine(CultureInfo.InvariantCulture, $"akka.remote.dot-netty.tcp.port = {node.Port}");
        text.AppendLine(CultureInfo.InvariantCulture, $"akka.remote.dot-netty.tcp.hostname = {Quote(node.Bind ?? node.Host)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"akka.remote.dot-netty.tcp.public-hostname = {Quote(node.Host)}");
        if (node.Tls is not null)
        {
            text.AppendLine(AkkaTls.Hocon);
        }

        if (node.Pbm is { } pbm)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"petabridge.cmd {{ host = {Quote(pbm.Address.ToString())}, port = {pbm.Port} }}");
        }

        if (node.Role == NodeRoles.Coordinator)
        {
            var (provider, connection) = Journal(node);
            foreach (var plugin in new[] { "journal", "snapshot-store" })
            {
                text.AppendLine(CultureInfo.InvariantCulture, $$"""
                    akka.persistence.{{plugin}} {
                      plugin = "akka.persistence.{{plugin}}.sql"
                      sql {
                        class = {{Quote(plugin == "journal"
                            ? "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
                            : "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql")}}
                        connection-string = {{Quote(connection)}}
                        provider-name = {{Quote(provider)}}
                        auto-initialize = true
                      }
                    }
                    """);
            }
        }

        return text.ToString();
    }

    private static (string Provider, string Connection) Journal(NodeOptions node)
    {
        if (node.Journal.Length > 0)
        {
            return ("PostgreSQL", node.Journal);
        }

        var folder = Path.GetFullPath(Path.Combine(node.Workspace, "ledger"));
        Directory.CreateDirectory(folder);
        return ("SQLite.MS", $"Data Source={Path.Combine(folder, "journal.db")}");
    }

    private static string Quote(string value) => $"\"{value.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
}
