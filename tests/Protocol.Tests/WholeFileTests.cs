using Ism.Protocol.Files;

namespace Ism.Protocol.Tests;

public sealed class WholeFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-whole-").FullName;

    private string File1 => Path.Combine(_folder, "below", "file.json");

    [Fact]
    public void Should_make_the_folder_replace_what_is_there_and_leave_nothing_beside()
    {
        WholeFile.Write(File1, "one");
        WholeFile.Write(File1, "zwei – ü");
        Assert.Equal("zwei – ü", File.ReadAllText(File1));
        Assert.Equal((byte)'z', File.ReadAllBytes(File1)[0]);
        Assert.Equal([File1], Directory.GetFiles(Path.GetDirectoryName(File1)!));
    }

    [Fact]
    public void Should_show_a_reader_one_writer_s_text_and_never_half_of_it_however_many_write_at_once()
    {
        var texts = Enumerable.Range(0, 8).Select(i => new string((char)('a' + i), 20_000)).ToArray();
        WholeFile.Write(File1, texts[0]);
        Parallel.For(0, 200, i =>
        {
            if (i % 2 == 0)
            {
                WholeFile.Write(File1, texts[i % texts.Length]);
            }
            else
            {
                Assert.Contains(File.ReadAllText(File1), texts);
            }
        });
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(File1)!));
    }

    [Fact]
    public void Should_keep_the_first_writer_s_of_those_that_must_be_new()
    {
        var first = 0;
        Parallel.For(0, 16, i =>
        {
            if (WholeFile.WriteNew(File1, $"{i}"))
            {
                Interlocked.Increment(ref first);
            }
        });
        Assert.Equal(1, first);
        Assert.Equal([File1], Directory.GetFiles(Path.GetDirectoryName(File1)!));
    }

    [SkippableFact]
    public void Should_be_its_owner_s_alone_from_the_beginning_when_asked()
    {
        Skip.If(OperatingSystem.IsWindows(), "files have no such mode there");
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.True(WholeFile.WriteNew(File1, "secret", owner));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(owner, File.GetUnixFileMode(File1));
        }
    }

    [Fact]
    public void Should_leave_nothing_behind_when_it_cannot_be_put_in_place()
    {
        Directory.CreateDirectory(Path.Combine(File1, "a folder is there"));
        Assert.ThrowsAny<Exception>(() => WholeFile.Write(File1, "text"));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(File1)!));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
