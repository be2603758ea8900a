using System.Diagnostics;
using Ism.Cluster.Membership;

namespace Ism.Cluster.Tests.Membership;

public sealed class RecordFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-record-").FullName;

    private string File1 => Path.Combine(_folder, "record");

    [Fact]
    public void Should_read_what_was_written_last_and_keep_its_length()
    {
        foreach (var record in new[] { Record(1, "coordinator-with-a-long-name"), Record(22, "c"), Record(long.MaxValue, "coordinator-2") })
        {
            RecordFile.Write(File1, record);

            Assert.Equal(record, RecordFile.Read<LeaseRecord>(File1));
            Assert.Equal(RecordFile.Length, new FileInfo(File1).Length);
        }
    }

    [Fact]
    public void Should_read_nothing_where_nothing_is()
    {
        Assert.Null(RecordFile.Read<LeaseRecord>(File1));
        Assert.Null(RecordFile.Read<LeaseRecord>(Path.Combine(_folder, "absent", "record")));
    }

    [Fact]
    public void Should_take_no_damaged_record_for_whole()
    {
        RecordFile.Write(File1, Record(7, "coordinator-0"));
        var whole = File.ReadAllBytes(File1);
        var content = Array.FindLastIndex(whole, b => b > ' ') + 1;
        for (var length = 0; length < content; length++)
        {
            File.WriteAllBytes(File1, whole[..length]);
            Assert.Null(RecordFile.Read<LeaseRecord>(File1));
        }

        for (var place = 0; place < content; place++)
        {
            var flipped = whole.ToArray();
            flipped[place] ^= 1;
            File.WriteAllBytes(File1, flipped);
            Assert.Null(RecordFile.Read<LeaseRecord>(File1));
        }

        // The head of one record and the tail of another, as a reader sees them in the middle of a write.
        RecordFile.Write(File1, Record(8, "coordinator-1"));
        var other = File.ReadAllBytes(File1);
        for (var torn = 1; torn < content; torn++)
        {
            var mixed = (byte[])[.. whole[..torn], .. other[torn..]];
            File.WriteAllBytes(File1, mixed);
            var read = RecordFile.Read<LeaseRecord>(File1);
            Assert.True(read is null || mixed.SequenceEqual(whole) || mixed.SequenceEqual(other), $"torn after {torn} bytes: {read}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("00000000 {}")]
    [InlineData("\0\0\0\0\0\0\0\0\0\0\0\0")]
    public void Should_take_garbage_for_nothing_and_write_over_it(string garbage)
    {
        File.WriteAllText(File1, garbage);

        Assert.Null(RecordFile.Read<LeaseRecord>(File1));
        RecordFile.Write(File1, Record(1, "c"));
        Assert.Equal(Record(1, "c"), RecordFile.Read<LeaseRecord>(File1));
    }

    [Fact]
    public void Should_refuse_a_record_that_does_not_fit()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => RecordFile.Write(File1, Record(1, new string('n', RecordFile.Length))));

        Assert.Contains("more than", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(File1));
    }

    [SkippableFact]
    public void Should_go_on_and_change_hands_on_a_full_disk()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.UserName == "root", "mounts a small tmpfs, which takes root on Linux");
        Skip.IfNot(Mount("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", _folder) == 0, "this machine does not let root mount a tmpfs");
        try
        {
            var clock = new ManualClock();
            var first = Lease("coordinator-0");
            Assert.True(first.TryTake(null));
            var member = new MemberRecord("coordinator-0", "coordinator", "akka.tcp://ism@a:1", 1);
            new MemberFiles(_folder).Write(member);
            Fill();

            Assert.True(first.Renew());
            new MemberFiles(_folder).Write(member with { Beat = 2 });
            Assert.Equal(2, new MemberFiles(_folder).Read("coordinator-0")?.Beat);
            var second = Lease("coordinator-1");
            Assert.True(second.TryTake(second.Read()));
            Assert.False(first.Renew());

            AuthorityLease Lease(string node) => new(new ClusterFiles(_folder), node, $"akka.tcp://ism@{node}:1", new MembershipTimes(), clock);
        }
        finally
        {
            Assert.Equal(0, Mount("umount", _folder));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static LeaseRecord Record(long term, string holder) => new(term, holder, "akka.tcp://ism@10.0.0.1:4000", term);

    private void Fill()
    {
        var full = Assert.Throws<IOException>(WriteForEver);
        Assert.Contains("space", full.Message, StringComparison.OrdinalIgnoreCase);

        void WriteForEver()
        {
            using var file = new FileStream(Path.Combine(_folder, "ballast"), FileMode.Create, FileAccess.Write, FileShare.None, 0);
            while (file.Length < 1 << 30)
            {
                file.Write(new byte[4096]);
            }
        }
    }

    private static int Mount(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
