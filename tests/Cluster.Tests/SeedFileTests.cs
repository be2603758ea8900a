using Akka.Actor;
using Ism.Cluster.Hosting;

namespace Ism.Cluster.Tests;

public sealed class SeedFileTests : IDisposable
{
    private readonly string _workspace = Directory.CreateTempSubdirectory("ism-seed-").FullName;

    [Fact]
    public void Should_give_back_the_address_and_nothing_after_deletion()
    {
        Assert.Null(SeedFile.TryRead(_workspace));
        var address = new Address("akka.tcp", "ism", "10.1.2.3", 4711);
        SeedFile.Write(_workspace, address);
        Assert.Equal(address, SeedFile.TryRead(_workspace));
        SeedFile.Delete(_workspace);
        Assert.Null(SeedFile.TryRead(_workspace));
    }

    [Fact]
    public void Should_say_which_file_holds_no_address()
    {
        SeedFile.Write(_workspace, new Address("akka.tcp", "ism", "h", 1));
        File.WriteAllText(SeedFile.PathIn(_workspace), "not an address");

        var error = Assert.Throws<FormatException>(() => SeedFile.TryRead(_workspace));
        Assert.Contains(SeedFile.PathIn(_workspace), error.Message);
    }

    public void Dispose() => Directory.Delete(_workspace, recursive: true);
}
