using Ism.Cli.Processes;

namespace Ism.Cli.Tests.Processes;

public sealed class FolderLockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-lock-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Should_refuse_the_second_in_a_folder_and_name_the_first()
    {
        using var first = FolderLock.Take(_folder, "`ism run`");
        var refused = Assert.Throws<UsageException>(() => FolderLock.Take(_folder, "`ism serve`"));
        Assert.Contains($"in use by `ism run` (process {Environment.ProcessId} on ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("name another folder", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_let_the_next_in_when_the_first_has_ended()
    {
        FolderLock.Take(_folder, "`ism run`").Dispose();
        using var second = FolderLock.Take(_folder, "`ism run`");
    }

    [Fact]
    public void Should_make_the_folder()
    {
        var inner = Path.Combine(_folder, "a", "b");
        using var held = FolderLock.Take(inner, "`ism run`");
        Assert.True(Directory.Exists(inner));
    }
}
