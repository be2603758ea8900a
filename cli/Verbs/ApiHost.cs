using System.Net;
using System.Net.Sockets;
using Ism.Cli.Jobs;
using Ism.Cluster.Hosting;
using Ism.Cluster.Security;
using Ism.Coordinator.Api;
using Ism.Coordinator.Web;
using Microsoft.AspNetCore.Connections;

namespace Ism.Cli.Verbs;

/// <summary>Starts the API of a coordinator as its command line has it.</summary>
internal static class ApiHost
{
    /// <summary>Serves no API.</summary>
    public const string Off = "off";

    /// <summary>Serves it on a free port of the loopback.</summary>
    public const string Default = "127.0.0.1:0";

    /// <summary>Starts it; null when it is switched off.</summary>
    /// <param name="listen">"HOST:PORT" or "off".</param>
    /// <param name="node">The coordinator; its workspace is the home where it has one.</param>
    /// <param name="places">Its jobs.</param>
    /// <param name="door">The way to the one that runs.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="UsageException">The address cannot be used, or not so.</exception>
    public static async Task<ApiServer?> StartAsync(
        string listen, NodeOptions node, IJobPlaces places, JobDoor door, CancellationToken cancel)
    {
        if (listen == Off)
        {
            return null;
        }

        var endpoint = Parse(listen);
        var isHere = IPAddress.IsLoopback(endpoint.Address);
        if (!isHere && node.Tls is null)
        {
            throw new UsageException($"--api {listen}: beyond this machine the API is served with TLS only: the token and all else could be read "
                + $"on the way. `ism certs --out FOLDER --name {Dns.GetHostName()}` makes certificates, --tls FOLDER ({TlsFolder.Variable}) names "
                + "them; or listen on 127.0.0.1 and reach it through `ssh -L`");
        }

        var isAny = IPAddress.Any.Equals(endpoint.Address) || IPAddress.IPv6Any.Equals(endpoint.Address);
        var options = new ApiOptions
        {
            NodeId = node.NodeId,
            Folder = node.Workspace,
            Listen = endpoint,
            // Who listens on all of them is reached where other nodes reach it.
            PublicHost = isAny && !BeyondLoopback.IsLoopback(node.Host) ? node.Host : null,
            Tls = node.Tls,
            Token = ApiToken.ReadOrCreate(node.Workspace),
            LogFormat = node.LogFormat,
        };
        try
        {
            return await ApiServer.StartAsync(options, new ApiJobs(places, door), new SubmittedJobs(), new WebPage(), cancel);
        }
        catch (Exception e) when (e is SocketException || e.InnerException is AddressInUseException)
        {
            throw new UsageException($"--api {listen}: {(e.InnerException ?? e).Message}; name another port, or 0 for a free one");
        }
    }

    private static IPEndPoint Parse(string listen)
    {
        var text = listen.StartsWith("localhost:", StringComparison.Ordinal) ? $"127.0.0.1:{listen["localhost:".Length..]}" : listen;
        return IPEndPoint.TryParse(text, out var endpoint) && text.Contains(':') ? endpoint
            : throw new UsageException($"--api {listen}: an address and a port are needed, e.g. 127.0.0.1:8420, or {Off}");
    }
}
