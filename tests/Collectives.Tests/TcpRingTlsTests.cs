using System.Net;
using System.Net.Sockets;
using Ism.Cluster.Security;

namespace Ism.Collectives.Tests;

/// <summary>Rings whose links go through TLS, with certificates that are made here.</summary>
public sealed class TcpRingTlsTests : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);
    private static readonly Guid Group = Guid.Parse("1f0a5a52-0c1e-4a55-9d4e-2f5f6f0f3a12");
    private readonly string _root = Directory.CreateTempSubdirectory("ism-ring-tls-").FullName;

    [Theory]
    [InlineData(2, 3)]
    [InlineData(3, 1_000_003)]
    public void Should_give_the_bits_that_plain_links_give(int world, int count)
    {
        float[] Sum(RingTls? tls)
        {
            var sums = new float[world][];
            var problems = InRing([.. Enumerable.Repeat(tls, world)], RingFixture.Patience, group =>
            {
                var mine = Enumerable.Range(0, count).Select(i => 1f / (i + group.Rank + 1)).ToArray();
                group.AllReduce<float>(mine);
                group.Barrier();
                sums[group.Rank] = mine;
            });
            Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
            Assert.All(sums, sum => Assert.Equal(sums[0], sum));
            return sums[0];
        }

        Assert.Equal(Sum(null), Sum(Of("a")));
    }

    [Fact]
    public void Should_refuse_a_member_whose_certificate_is_of_another_authority()
    {
        var refused = new List<string>();
        var problems = InRing([Of("a", refused.Add), Of("b", refused.Add)], Short, _ => Assert.Fail("a stranger was let in"));
        Assert.All(problems, problem => Assert.IsType<CollectiveException>(problem));
        Assert.Contains(problems, problem => problem!.Message.Contains("do all nodes have certificates of one authority?", StringComparison.Ordinal));
        Assert.NotEmpty(refused);
    }

    [Fact]
    public void Should_refuse_a_member_without_a_certificate()
    {
        var refused = new List<string>();
        var problems = InRing([Of("a", refused.Add), null], Short, _ => Assert.Fail("a stranger was let in"));
        Assert.All(problems, problem => Assert.IsType<CollectiveException>(problem));
        Assert.NotEmpty(refused);
    }

    [Fact]
    public void Should_join_in_spite_of_strangers_who_speak_no_TLS_or_nothing()
    {
        var strangers = new List<Socket>();
        var problems = InRing([Of("a"), Of("a")], RingFixture.Patience, group => group.Barrier(), endpoint =>
        {
            strangers.Add(Stranger(endpoint, []));
            strangers.Add(Stranger(endpoint, "GET / HTTP/1.1\r\nHost: here\r\n\r\n"u8.ToArray()));
        });
        Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
        strangers.ForEach(stranger => stranger.Dispose());
    }

    [Fact]
    public void Should_carry_nothing_that_can_be_read_on_the_way()
    {
        var text = new string('z', 400);
        byte[] Carried(RingTls? tls)
        {
            using var tap = new Tap();
            var problems = InRing([tls, tls], RingFixture.Patience, group =>
            {
                var data = System.Text.Encoding.ASCII.GetBytes(text);
                group.Broadcast<byte>(data, 0);
            }, route: tap.Before);
            Assert.All(problems, problem => Assert.True(problem is null, problem?.ToString()));
            return tap.Seen();
        }

        Assert.Contains(text, System.Text.Encoding.Latin1.GetString(Carried(null)));
        var secret = System.Text.Encoding.Latin1.GetString(Carried(Of("a")));
        Assert.NotEmpty(secret);
        Assert.DoesNotContain("zzzz", secret);
    }

    [Fact]
    public void Should_tell_all_why_a_group_was_aborted()
    {
        var problems = InRing([.. Enumerable.Repeat(Of("a"), 3)], RingFixture.Patience, group =>
        {
            group.Barrier();
            if (group.Rank == 1)
            {
                group.Abort("rank 1 has had enough");
            }

            group.Barrier();
        });
        Assert.All(problems, problem => Assert.Contains("has had enough", Assert.IsType<CollectiveException>(problem).Message));
    }

    [Fact]
    public void Should_notice_at_once_that_a_member_is_gone()
    {
        var problems = InRing([.. Enumerable.Repeat(Of("a"), 2)], RingFixture.Patience, group =>
        {
            group.Barrier();
            if (group.Rank == 1)
            {
                group.Dispose();
                return;
            }

            group.Barrier();
        });
        Assert.Null(problems[1]);
        Assert.Equal(CollectiveFailure.PeerLost, Assert.IsType<CollectiveException>(problems[0]).Failure);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private RingTls Of(string authority, Action<string>? refused = null)
    {
        var folder = Path.Combine(_root, authority);
        if (!Directory.Exists(folder))
        {
            var made = CertificateAuthority.Create(DateTimeOffset.UtcNow, 10);
            CertificateFiles.Write(folder, made, false, made.Issue(CertificateNames.Parse([authority]), DateTimeOffset.UtcNow, 2));
        }

        var tls = new TlsFolder(folder);
        return new RingTls(() => tls.Credentials().ForAccepting(), () => tls.Credentials().ForConnecting(), text =>
        {
            lock (_root)
            {
                refused?.Invoke(text);
            }
        });
    }

    private static Exception?[] InRing(
        RingTls?[] members, TimeSpan deadline, Action<ICollectiveGroup> body, Action<string>? before = null, Func<string, string>? route = null)
    {
        var listeners = members.Select(tls => new TcpRingListener("127.0.0.1", tls: tls)).ToArray();
        string[] endpoints = [.. listeners.Select(listener => listener.Endpoint).Select(route ?? (endpoint => endpoint))];
        Array.ForEach(endpoints, endpoint => before?.Invoke(endpoint));
        return RingFixture.OnThreads(members.Length, rank =>
        {
            using var group = listeners[rank].Connect(
                new() { Group = Group, Generation = 5, Rank = rank, Endpoints = endpoints }, deadline);
            body(group);
        });
    }

    private static Socket Stranger(string endpoint, byte[] says)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPEndPoint.Parse(endpoint));
        socket.Send(says);
        return socket;
    }

    /// <summary>Stands before listeners and keeps what passes.</summary>
    private sealed class Tap : IDisposable
    {
        private readonly MemoryStream _seen = new();
        private readonly List<TcpListener> _doors = [];

        public string Before(string endpoint)
        {
            var door = new TcpListener(IPAddress.Loopback, 0);
            door.Start();
            _doors.Add(door);
            _ = ServeAsync(door, IPEndPoint.Parse(endpoint));
            return door.LocalEndpoint.ToString()!;
        }

        public byte[] Seen()
        {
            lock (_seen)
            {
                return _seen.ToArray();
            }
        }

        public void Dispose() => _doors.ForEach(door => door.Dispose());

        private async Task ServeAsync(TcpListener door, IPEndPoint to)
        {
            using var near = await door.AcceptTcpClientAsync();
            using var far = new TcpClient();
            await far.ConnectAsync(to);
            await Task.WhenAll(CarryAsync(near, far), CarryAsync(far, near));
        }

        private async Task CarryAsync(TcpClient from, TcpClient to)
        {
            var buffer = new byte[64 << 10];
            while (await from.GetStream().ReadAsync(buffer) is > 0 and var got)
            {
                lock (_seen)
                {
                    _seen.Write(buffer, 0, got);
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, got));
            }

            to.Client.Shutdown(SocketShutdown.Send);
        }
    }
}
