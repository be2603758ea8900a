using System.IO.Compression;
using System.Runtime.InteropServices;
using Ism.Models.Esm2;
using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Models.Tests.Serialization;

public class TorchStateDictFileTests
{
    [Fact]
    public void Should_write_aligned_stored_records_and_a_pickle_that_only_rebuilds_tensors()
    {
        using var folder = new TemporaryFolder();
        using var model = Esm2Initialization.Random(new Esm2Config(2, 24, 2), seed: 5);
        var path = folder.Path("checkpoint.pth");
        model.SaveFairEsm(path);
        var file = File.ReadAllBytes(path);
        var records = Records(path);

        Assert.Equal("archive/data.pkl", records.Keys.First());
        Assert.Equal("3\n"u8.ToArray(), records["archive/version"].Content);
        Assert.All(records.Values, record =>
        {
            Assert.Equal(0, DataStart(file, record.Content.Length, record.Name) % 64);
            Assert.Equal(BitwiseCrc(record.Content), record.Crc);
        });

        var specs = Esm2Parameters.StateDict(model.Config);
        var items = PickleReader.Items(records["archive/data.pkl"].Content);
        Assert.Equal(specs.Select(spec => spec.Name), items.Select(item => item.Key));
        var storages = new Dictionary<string, string>();
        foreach (var ((name, value), spec) in items.Zip(specs))
        {
            RequireTensor(Assert.IsType<PickleReader.Call>(value), spec, model.Tensor(name), records);
            storages[name] = StorageKey(value);
        }

        Assert.Equal(storages[Esm2Parameters.Embedding], storages[Esm2Parameters.TiedCopy]);
        Assert.Equal(specs.Count - 1, storages.Values.Distinct().Count());
    }

    [SkippableFact]
    public void Should_be_read_by_torch_load()
    {
        var python = FindPythonWithTorch();
        Skip.If(python is null, "no python3 with torch on this machine");
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        using var model = Esm2Initialization.Random(new Esm2Config(2, 40, 4), seed: 6);
        model.SaveFairEsm(folder.Path("checkpoint.pth"));
        const string Script = """
            import sys, torch, hashlib, inspect
            for kind in ([{}, {"weights_only": True}] if "weights_only" in inspect.signature(torch.load).parameters else [{}]):
                for name, t in torch.load(sys.argv[1], **kind).items():
                    digest = hashlib.sha256(t.numpy().tobytes()).hexdigest()
                    print(name, t.dtype, list(t.shape), list(t.stride()), digest, sep="|")
            """;

        var (code, output, error) = PythonProcess.Run(python, ["-c", Script, folder.Path("checkpoint.pth")]);

        Assert.True(code == 0, error);
        var expected = Esm2Parameters.StateDict(model.Config).Select(spec => Line(spec.Name, model.Tensor(spec.Name))).ToArray();
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(lines.Length, expected.Length, 2 * expected.Length);
        foreach (var loaded in lines.Chunk(expected.Length))
        {
            Assert.Equal(expected, loaded);
        }
    }

    private static string? FindPythonWithTorch() =>
        ((string[])["/usr/bin/python3", "python3"])
            .FirstOrDefault(python => PythonProcess.Run(python, ["-c", "import torch"]).Code == 0);

    private static string Line(string name, torch.Tensor tensor)
    {
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(tensor.bytes));
        return $"{name}|torch.float32|[{string.Join(", ", tensor.shape)}]|[{string.Join(", ", tensor.stride())}]|{hash}";
    }

    private static string StorageKey(object value)
    {
        var call = (PickleReader.Call)value;
        return (string)((PickleReader.Persistent)call.Arguments[0]).Id[2];
    }

    private static void RequireTensor(
        PickleReader.Call call, TensorSpec spec, torch.Tensor expected,
        Dictionary<string, (string Name, byte[] Content, uint Crc)> records)
    {
        Assert.Equal("torch._utils._rebuild_tensor_v2", call.Function);
        Assert.Equal(6, call.Arguments.Length);
        var storage = Assert.IsType<PickleReader.Persistent>(call.Arguments[0]).Id;
        Assert.Equal(["storage", "torch.FloatStorage"], storage[..2]);
        Assert.Equal(["cpu", spec.Elements], storage[3..]);
        Assert.Equal(0L, call.Arguments[1]);
        Assert.Equal(spec.Shape, ((object[])call.Arguments[2]).Cast<long>());
        Assert.Equal(expected.stride(), ((object[])call.Arguments[3]).Cast<long>());
        Assert.Equal(false, call.Arguments[4]);
        var content = records[$"archive/data/{storage[2]}"].Content;
        using var flat = expected.detach();
        Assert.Equal(flat.data<float>().ToArray(), MemoryMarshal.Cast<byte, float>(content).ToArray());
    }

    private static Dictionary<string, (string Name, byte[] Content, uint Crc)> Records(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        return zip.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            Assert.Equal(entry.Length, entry.CompressedLength);
            using var stream = entry.Open();
            var content = new byte[entry.Length];
            stream.ReadExactly(content);
            return (entry.FullName, content, entry.Crc32);
        });
    }

    /// <summary>Where a record's data begin, from its local header.</summary>
    private static int DataStart(byte[] file, int length, string name)
    {
        var nameBytes = System.Text.Encoding.UTF8.GetBytes(name);
        for (var i = 0; i < file.Length - 30; i++)
        {
            if (BitConverter.ToUInt32(file, i) == 0x04034b50 && BitConverter.ToUInt16(file, i + 26) == nameBytes.Length
                && file.AsSpan(i + 30, nameBytes.Length).SequenceEqual(nameBytes))
            {
                Assert.Equal((uint)length, BitConverter.ToUInt32(file, i + 18));
                return i + 30 + nameBytes.Length + BitConverter.ToUInt16(file, i + 28);
            }
        }

        throw new InvalidDataException($"no local header of {name}");
    }

    private static uint BitwiseCrc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
