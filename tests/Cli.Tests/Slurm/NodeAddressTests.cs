using System.Net;
using Ism.Cli.Slurm;

namespace Ism.Cli.Tests.Slurm;

public class NodeAddressTests
{
    private static readonly IReadOnlyList<IPAddress> Interfaces =
        [IPAddress.Parse("10.1.0.7"), IPAddress.Parse("192.168.5.7"), IPAddress.Parse("fd00::7")];

    [Theory]
    // What the cluster's name stands for, though another interface comes first.
    [InlineData("192.168.5.7", "node7=192.168.5.7", "node7.cluster=10.1.0.7")]
    // Debian's own name of a machine says 127.0.1.1.
    [InlineData("10.1.0.7", "node7=127.0.1.1", "node7.cluster=127.0.1.1")]
    [InlineData("192.168.5.7", "node7=127.0.1.1", "node7.cluster=192.168.5.7")]
    [InlineData("192.168.5.7", "node7=fd00::7;192.168.5.7")]
    // Not this machine's.
    [InlineData("10.1.0.7", "node7=172.16.0.1")]
    [InlineData("10.1.0.7")]
    public void Should_take_what_the_name_stands_for_elsewhere(string expected, params string[] names)
    {
        var known = names.Select(n => n.Split('=')).ToDictionary(n => n[0], n => n[1].Split(';').Select(IPAddress.Parse).ToList());
        Assert.Equal(expected, NodeAddress.Choose([null, "", .. known.Keys], n => known[n], Interfaces));
    }

    [Fact]
    public void Should_stay_on_the_machine_without_a_network() => Assert.Equal("127.0.0.1", NodeAddress.Choose(["node7"], _ => [], []));

    [Fact]
    public void Should_stay_on_the_machine_when_all_others_are_there()
    {
        Assert.Equal("127.0.0.1", NodeAddress.Default(null));
        Assert.Equal("127.0.0.1", NodeAddress.Default(new BatchTask("torchrun", 0, 0, 2, SeveralMachines: false, WholeJob: false)));
    }

    [Fact]
    public void Should_find_an_address_that_can_be_listened_on()
    {
        var address = NodeAddress.Default(new BatchTask("Slurm", 0, 0, 2, SeveralMachines: true, WholeJob: false));
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        Assert.NotEqual(0, ((IPEndPoint)listener.LocalEndpoint).Port);
    }
}
