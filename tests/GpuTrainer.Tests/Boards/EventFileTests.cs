using System.Collections.Concurrent;
using Ism.GpuTrainer.Boards;

namespace Ism.GpuTrainer.Tests.Boards;

public sealed class EventFileTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ism-board-").FullName;
    private readonly ConcurrentQueue<string> _warnings = [];

    private string Folder => Path.Combine(_root, "stage");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    // RFC 3720, appendix B.4: 32 bytes of zeros, of ones, counting up, counting down, and an iSCSI read command.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8a9136aau)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0x62a8ab43u)]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46dd794eu)]
    [InlineData("1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100", 0x113fdb5cu)]
    [InlineData("01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000", 0xd9963a56u)]
    public void Should_check_as_the_RFC_has_it(string bytes, uint expected)
    {
        Assert.Equal(expected, Crc32C.Of(Convert.FromHexString(bytes)));
        Assert.Equal(expected, EventReader.Castagnoli(Convert.FromHexString(bytes)));
    }

    [Fact]
    public void Should_check_texts_of_any_length()
    {
        var bytes = Enumerable.Range(0, 40).Select(i => (byte)(i * 37)).ToArray();
        Assert.All(Enumerable.Range(0, 40), n => Assert.Equal(EventReader.Castagnoli(bytes.AsSpan(0, n)), Crc32C.Of(bytes.AsSpan(0, n))));
    }

    [Fact]
    public async Task Should_be_read_by_an_independent_reader()
    {
        await using (var file = New(firstStep: 301))
        {
            file.Add(301, [("loss/total", 2.5), ("optimizer/learning_rate", 1e-4)]);
            file.Add(1L << 40, [("loss/äé", -0.125)]);
        }

        var events = EventReader.Read(Assert.Single(Directory.GetFiles(Folder)));
        Assert.Equal(4, events.Count);
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal((true, 301L), (events[1].Restarts, events[1].Step));
        Assert.Equal(301, events[2].Step);
        Assert.Equal(2.5f, events[2].Values["loss/total"]);
        Assert.Equal(1e-4f, events[2].Values["optimizer/learning_rate"]);
        Assert.Equal((1L << 40, -0.125f), (events[3].Step, events[3].Values["loss/äé"]));
        Assert.All(events, e => Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - e.Time, -5, 600));
    }

    [Fact]
    public async Task Should_begin_a_new_file_after_a_restart_and_leave_the_old_one_alone()
    {
        await using (var file = New(1))
        {
            file.Add(1, [("loss/total", 1)]);
            file.Add(2, [("loss/total", 2)]);
        }

        var before = File.ReadAllBytes(Directory.GetFiles(Folder).Single());
        var old = Directory.GetFiles(Folder).Single();
        await using (var file = New(2))
        {
            file.Add(2, [("loss/total", 3)]);
        }

        Assert.Equal(before, File.ReadAllBytes(old));
        Assert.Equal(2, Directory.GetFiles(Folder).Length);
        Assert.Contains(EventReader.ReadFolder(Folder), e => e.Restarts && e.Step == 2);
    }

    [Fact]
    public async Task Should_lose_lines_alone_when_the_disk_refuses_and_say_so_once()
    {
        var refusing = new RefusingFile();
        await using (var file = new EventFile(Folder, 1, _warnings.Enqueue) { Create = _ => refusing })
        {
            file.Add(1, [("loss/total", 1)]);
            await refusing.Refused.Task.WaitAsync(TimeSpan.FromSeconds(60));
            file.Add(2, [("loss/total", 2)]);
        }

        Assert.Contains("cannot be written", Assert.Single(_warnings));
        Assert.Equal(0, refusing.Left);
    }

    [Fact]
    public async Task Should_not_hold_a_step_up_while_the_disk_blocks()
    {
        using var gate = new ManualResetEventSlim();
        var blocked = new BlockingFile(gate);
        await using var file = new EventFile(Folder, 1, _warnings.Enqueue) { Create = _ => blocked };
        file.Add(1, [("loss/total", 1)]);
        await blocked.Reached.Task.WaitAsync(TimeSpan.FromSeconds(60));

        // The writer stands in the disk and these return: more than are kept.
        for (var step = 2; step < 10_000; step++)
        {
            file.Add(step, [("loss/total", step)]);
        }

        Assert.Equal(0, blocked.Length);
        gate.Set();
    }

    private EventFile New(long firstStep) => new(Folder, firstStep, _warnings.Enqueue);

    private sealed class RefusingFile : MemoryStream
    {
        public TaskCompletionSource Refused { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer.ToArray(), 0, buffer.Length / 2);
            Refused.TrySetResult();
            throw new IOException("No space left on device");
        }

        // What stands in it when it is let go.
        public long Left { get; private set; } = -1;

        protected override void Dispose(bool disposing)
        {
            Left = CanSeek ? Length : Left;
            base.Dispose(disposing);
        }
    }

    private sealed class BlockingFile(ManualResetEventSlim gate) : MemoryStream
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Write(byte[] buffer, int offset, int count)
        {
            Reached.TrySetResult();
            gate.Wait();
            base.Write(buffer, offset, count);
        }

        public override void Write(ReadOnlySpan<byte> buffer) => Write(buffer.ToArray(), 0, buffer.Length);
    }
}
