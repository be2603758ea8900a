using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ism.Cli.Tests.Processes;

/// <summary>Listens for processes in a role of <see cref="ChildRoles"/>: each says its id, and its end closes the connection.</summary>
internal sealed class Visitors : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public Visitors() => _listener.Start();

    public string Port => ((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>The next process to say its id.</summary>
    public async Task<Visitor> NextAsync()
    {
        var client = await _listener.AcceptTcpClientAsync().WaitAsync(Limit);
        var reader = new StreamReader(client.GetStream());
        var pid = await reader.ReadLineAsync().WaitAsync(Limit);
        return new Visitor(int.Parse(pid!, CultureInfo.InvariantCulture), client, reader);
    }

    public void Dispose() => _listener.Dispose();

    internal sealed record Visitor(int Pid, TcpClient Client, StreamReader Reader)
    {
        /// <summary>Completes when the process has ended; fails after a time limit.</summary>
        public async Task GoneAsync()
        {
            try
            {
                Assert.Null(await Reader.ReadLineAsync().WaitAsync(Limit));
            }
            catch (IOException)
            {
                // The connection was reset: it has ended.
            }
        }
    }
}
