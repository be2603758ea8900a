using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership;

public sealed class MemberFilesTests : IDisposable
{
    private readonly string _workspace = Directory.CreateTempSubdirectory("ism-members-").FullName;
    private readonly MemberFiles _files;

    public MemberFilesTests() => _files = new MemberFiles(_workspace);

    [Fact]
    public void Should_list_coordinators_first()
    {
        Assert.Empty(_files.All());
        Write("featurizer-0", "featurizer", 1);
        Write("trainer-1", "trainer", 2);
        Write("coordinator-1", "coordinator", 3);
        Write("coordinator-0", "coordinator", 4);

        Assert.Equal(["coordinator-0", "coordinator-1", "featurizer-0", "trainer-1"], _files.All().Select(m => m.Node));
        Assert.Equal(2, _files.Read("trainer-1")?.Beat);
        Assert.Null(_files.Read("trainer-2"));
    }

    [Fact]
    public void Should_pass_over_files_that_are_no_members()
    {
        Write("trainer-0", "trainer", 1);
        File.WriteAllText(Path.Combine(_files.Folder, "stray"), "left by somebody");
        File.WriteAllBytes(Path.Combine(_files.Folder, "trainer-7"), []);

        Assert.Equal(["trainer-0"], _files.All().Select(m => m.Node));
    }

    [Fact]
    public void Should_keep_names_with_odd_characters_apart()
    {
        Write("a/b", "trainer", 1);
        Write("a:b", "trainer", 2);
        Write("../c", "trainer", 3);

        Assert.Equal((1, 2, 3), (_files.Read("a/b")?.Beat, _files.Read("a:b")?.Beat, _files.Read("../c")?.Beat));
        Assert.Equal(3, Directory.GetFiles(_files.Folder).Length);
    }

    [Fact]
    public void Should_leave_the_file_of_a_newer_node_of_the_name()
    {
        Write("trainer-0", "trainer", 1);
        _files.Remove("trainer-0", "akka.tcp://ism@elsewhere:1");
        Assert.NotNull(_files.Read("trainer-0"));

        _files.Remove("trainer-0", Address("trainer-0"));
        Assert.Null(_files.Read("trainer-0"));
        _files.Remove("trainer-0", Address("trainer-0"));
    }

    public void Dispose() => Directory.Delete(_workspace, recursive: true);

    private static string Address(string node) => $"akka.tcp://ism@{Uri.EscapeDataString(node)}:1";

    private void Write(string node, string role, long beat) => _files.Write(new MemberRecord(node, role, Address(node), beat));
}
