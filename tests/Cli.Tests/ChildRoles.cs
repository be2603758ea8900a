using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Ism.Cli.Processes;

namespace Ism.Cli.Tests;

/// <summary>What this assembly does when it is started as a program: the parts of real processes in the tests of
/// <see cref="ProcessGroup"/> and <see cref="ParentWatch"/>. Each role connects to the given port, says its process id, and stays until
/// it is ended; the closed connection tells the test.</summary>
public static class ChildRoles
{
    public const string Child = "child";
    public const string StubbornChild = "stubborn-child";
    public const string Parent = "parent";

    public static async Task<int> Main(string[] args)
    {
        using var watch = ParentWatch.Install(ref args);
        var port = int.Parse(args[1], CultureInfo.InvariantCulture);
        switch (args[0])
        {
            case Child:
                await StayAsync(port);
                return 0;
            case StubbornChild:
                using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = true))
                {
                    await StayAsync(port);
                }

                return 0;
            case Parent:
                var folder = Directory.CreateTempSubdirectory("ism-parent-");
                await using (var group = new ProcessGroup(folder.FullName, (_, _) => { }))
                {
                    // From a thread of the pool, as a verb would.
                    await Task.Run(() => group.Start(new NodeStart("child", 0, [Child, args[1]])));
                    await StayAsync(port);
                }

                return 0;
            default:
                return 2;
        }
    }

    private static async Task StayAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        using var writer = new StreamWriter(client.GetStream()) { AutoFlush = true };
        await writer.WriteLineAsync(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        await Task.Delay(Timeout.Infinite);
    }
}
