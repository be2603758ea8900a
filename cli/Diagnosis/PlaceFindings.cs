using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ism.Cli.Diagnosis;

/// <summary>Whether the workspace can be written and nodes of this machine can talk to each other.</summary>
internal static class PlaceFindings
{
    private const double GiB = 1L << 30;

    /// <param name="workspace">A folder; need not exist yet.</param>
    public static IEnumerable<Finding> Find(string workspace)
    {
        yield return Workspace(Path.GetFullPath(workspace));
        yield return Ports();
    }

    private static Finding Workspace(string folder)
    {
        // A folder that is not there yet is made in the nearest one that is; nothing is left behind by looking.
        var nearest = folder;
        while (!Directory.Exists(nearest) && !File.Exists(nearest) && Path.GetDirectoryName(nearest) is { } above)
        {
            nearest = above;
        }

        var probe = Path.Combine(nearest, $".ism-doctor-{Environment.ProcessId}");
        try
        {
            var written = new byte[64 * 1024];
            Random.Shared.NextBytes(written);
            File.WriteAllBytes(probe, written);
            File.Move(probe, probe + ".moved");
            probe += ".moved";
            if (!written.AsSpan().SequenceEqual(File.ReadAllBytes(probe)))
            {
                return new Finding("workspace", FindingState.Missing, $"{folder}: what was read is not what was written", "use another disk");
            }

            var free = new DriveInfo(nearest).AvailableFreeSpace / GiB;
            var text = string.Create(CultureInfo.InvariantCulture, $"{folder}: can be written, {free:0.0} GiB free");
            return free < 1
                ? new Finding("workspace", FindingState.Warning, text, "checkpoints and token files need room; free some or name another folder")
                : new Finding("workspace", FindingState.Ok, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Finding("workspace", FindingState.Missing, $"{folder}: {e.Message}", "name a folder that you may write with --workspace");
        }
        finally
        {
            if (File.Exists(probe))
            {
                File.Delete(probe);
            }
        }
    }

    private static Finding Ports()
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return new Finding("ports", FindingState.Ok, $"nodes can listen and connect on {IPAddress.Loopback}");
        }
        catch (SocketException e)
        {
            return new Finding("ports", FindingState.Missing, $"loopback: {e.Message}", "nodes talk over TCP; allow listening on 127.0.0.1");
        }
    }
}
