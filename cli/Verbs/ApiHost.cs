using System.Net;
using Ism.Cli.Jobs;
using Ism.Cluster.Hosting;
using Ism.Coordinator.Api;
using Ism.Coordinator.Web;

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
    /// <param name="node">The coordinator.</param>
    /// <param name="folder">Home or workspace.</param>
    /// <param name="places">Its jobs.</param>
    /// <param name="door">The way to the one that runs.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="UsageException">The address cannot be used, or not so.</exception>
    public static async Task<ApiServer?> StartAsync(
        string listen, NodeOptions node, string folder, IJobPlaces places, JobDoor door, CancellationToken cancel)
    {
        if (listen == Off)
        {
            return null;
        }

        var endpoint = Parse(listen);
        if (!IPAddress.IsLoopback(endpoint.Address))
        {
            throw new UsageException($"--api {listen}: beyond this machine the API needs TLS, which this version does not have yet; "
                + "listen on 127.0.0.1 and reach it through `ssh -L`");
        }

        var options = new ApiOptions
        {
            NodeId = node.NodeId,
            Folder = folder,
            Listen = endpoint,
            Token = ApiToken.ReadOrCreate(folder),
            LogFormat = node.LogFormat,
        };
        try
        {
            return await ApiServer.StartAsync(options, new ApiJobs(places, door), new SubmittedJobs(), new WebPage(), cancel);
        }
        catch (IOException e)
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
