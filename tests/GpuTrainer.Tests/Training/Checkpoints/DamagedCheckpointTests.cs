using Ism.GpuTrainer.Training;
using Ism.GpuTrainer.Training.Checkpoints;

namespace Ism.GpuTrainer.Tests.Training.Checkpoints;

public sealed class DamagedCheckpointTests : IDisposable
{
    private static readonly string[] Files = ["manifest.json", "optimizer.safetensors", "state.json", "weights.safetensors"];
    private readonly CheckpointDisk _disk = new();
    private readonly CheckpointStore _store;

    public DamagedCheckpointTests()
    {
        _store = new(_disk.Checkpoints);
        _disk.Save(_store, 1, 2);
    }

    public static TheoryData<string> EachFile => [.. Files];

    public void Dispose() => _disk.Dispose();

    [Theory]
    [MemberData(nameof(EachFile))]
    public void Should_detect_a_flipped_bit_wherever_it_is(string name)
    {
        var path = _disk.PathOf(2, name);
        var bytes = File.ReadAllBytes(path);
        var stride = name.EndsWith(".json", StringComparison.Ordinal) ? 1 : 997;
        for (var position = 0; position < bytes.Length; position += stride)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[position] ^= (byte)(1 << (position % 8));
            File.WriteAllBytes(path, damaged);
            var found = _store.Latest(out var rejected);
            Assert.True(found?.Step == 1, $"a flip at {position} of {bytes.Length} in {name} went unnoticed");
            Assert.Equal(_disk.PathOf(2).TrimEnd('/'), Assert.Single(rejected).Folder);
        }

        File.WriteAllBytes(path, bytes);
        Assert.Equal(2, _store.Latest(out _)!.Step);
    }

    [Theory]
    [MemberData(nameof(EachFile))]
    public void Should_detect_a_file_that_is_cut_grown_or_missing(string name)
    {
        var path = _disk.PathOf(2, name);
        var bytes = File.ReadAllBytes(path);
        foreach (var length in (int[])[0, 1, bytes.Length / 2, bytes.Length - 2])
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.Equal(1, _store.Latest(out var cut)!.Step);
            Assert.Contains(name, Assert.Single(cut).Reason);
        }

        File.WriteAllBytes(path, [.. bytes, 0x7D]);
        Assert.Equal(1, _store.Latest(out _)!.Step);
        File.Delete(path);
        Assert.Equal(1, _store.Latest(out var rejected)!.Step);
        Assert.Contains(name, Assert.Single(rejected).Reason);
    }

    [Theory]
    [InlineData("weights.safetensors", "../step-00000001/weights.safetensors", "no file of a checkpoint")]
    [InlineData("weights.safetensors", "/etc/passwd", "no file of a checkpoint")]
    [InlineData("weights.safetensors", "..", "no file of a checkpoint")]
    [InlineData("weights.safetensors", "state.json", "does not name weights.safetensors")]
    [InlineData("\"format\": 1", "\"format\": 2", "format 2, this program reads 1")]
    [InlineData("\"files\"", "\"other\"", "does not name weights.safetensors")]
    public void Should_refuse_a_manifest_that_is_not_its_own(string old, string replacement, string reason)
    {
        var path = _disk.PathOf(2, "manifest.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace(old, replacement));
        Assert.Equal(1, _store.Latest(out var rejected)!.Step);
        Assert.Contains(reason, Assert.Single(rejected).Reason);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"format\": 1, \"files\": [null, null, null]}")]
    [InlineData("{\"format\": 1, \"files\": [{\"name\": null}]}")]
    public void Should_refuse_a_manifest_of_nothing(string text)
    {
        File.WriteAllText(_disk.PathOf(2, "manifest.json"), text);
        Assert.Equal(1, _store.Latest(out var rejected)!.Step);
        Assert.Single(rejected);
    }

    [Fact]
    public void Should_name_what_does_not_belong_there_and_pass_over_it()
    {
        foreach (var folder in (string[])["step-abc", "step-00000100.bak", "step-7", "step-", "lost+found", ".writing-step-00000009-x"])
        {
            Directory.CreateDirectory(Path.Combine(_disk.Checkpoints, folder));
        }

        Directory.CreateDirectory(_disk.PathOf(50));
        File.WriteAllText(Path.Combine(_disk.Checkpoints, "step-00000060"), "a file");
        File.WriteAllText(Path.Combine(_disk.Checkpoints, "notes.txt"), "a file");
        File.WriteAllText(_disk.PathOf(2, "notes.txt"), "does no harm inside");
        Assert.Equal(2, _store.Latest(out var rejected)!.Step);
        Assert.Equal(
            [
                ".writing-step-00000009-x", "lost+found", "notes.txt", "step-", "step-00000050", "step-00000060", "step-00000100.bak",
                "step-7", "step-abc",
            ],
            rejected.Select(r => Path.GetFileName(r.Folder)).Order(StringComparer.Ordinal));
        Assert.Contains("not finished", rejected.Single(r => r.Folder.EndsWith("50", StringComparison.Ordinal)).Reason);
        Assert.Contains("is a file", rejected.Single(r => r.Folder.EndsWith("60", StringComparison.Ordinal)).Reason);
    }

    [Fact]
    public void Should_use_the_next_one_when_a_checkpoint_vanishes_while_it_is_restored()
    {
        var store = new CheckpointStore(_disk.Checkpoints)
        {
            Checked = found =>
            {
                if (found.Step == 2)
                {
                    Directory.Delete(found.Folder, recursive: true);
                }
            },
        };
        using var state = _disk.State(0);
        Assert.Equal(1, store.RestoreLatest(state, CheckpointDisk.Run, out var rejected)!.Step);
        Assert.Contains("could not be read", Assert.Single(rejected).Reason);
        using var expected = _disk.State(1);
        Assert.Equal(1, state.Step);
        Assert.Equal(Numbers(expected), Numbers(state));
    }

    [Fact]
    public void Should_begin_at_0_with_the_first_weights_when_all_are_damaged()
    {
        File.WriteAllText(_disk.PathOf(1, "weights.safetensors"), "");
        File.Delete(_disk.PathOf(2, "state.json"));
        using var state = _disk.State(0);
        var before = Numbers(state);
        Assert.Null(_store.RestoreLatest(state, CheckpointDisk.Run, out var rejected));
        Assert.Equal(["weights.safetensors has 0 bytes", "state.json is missing"], rejected.Reverse().Select(r => r.Reason.Split(',')[0]));
        Assert.Equal(before, Numbers(state));
        Assert.Equal(0, state.Step);
    }

    [Fact]
    public void Should_put_a_new_checkpoint_in_the_place_of_a_damaged_one()
    {
        File.Delete(_disk.PathOf(2, "state.json"));
        using var state = _disk.State(2);
        Assert.False(_store.Save(state, CheckpointDisk.Run).WasThere);
        Assert.Equal(2, _store.Latest(out var rejected)!.Step);
        Assert.Empty(rejected);
        Assert.Equal(["step-00000001", "step-00000002"], _disk.Names);
    }

    private static double[] Numbers(TrainingState state) => [.. state.Buffers.SelectMany(buffer => buffer.Flat.data<double>().ToArray())];
}
