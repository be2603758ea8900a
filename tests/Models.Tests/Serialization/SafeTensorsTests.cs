using System.Text;
using Ism.Models.Numerics;
using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Models.Tests.Serialization;

public class SafeTensorsTests
{
    public static TheoryData<torch.ScalarType> Types =>
    [
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
        torch.uint8, torch.@bool,
    ];

    [Theory]
    [MemberData(nameof(Types))]
    public void Should_give_back_what_was_written(torch.ScalarType type)
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var values = torch.arange(Held.Of(-20), Held.Of(40)).to(type).view(3, 4, 5);
        var written = new Dictionary<string, torch.Tensor>
        {
            ["matrix"] = values,
            ["strided"] = values.transpose(0, 2),
            ["scalar"] = torch.tensor(1).to(type),
            ["empty"] = torch.empty(0, 7, dtype: type),
            ["name with / and \"é\""] = values[1],
            ["other type"] = torch.tensor(new long[] { 1L << 40, -3 }),
        };
        SafeTensorsFile.Save(folder.Path("a.safetensors"), written, new Dictionary<string, string> { ["format"] = "pt" });

        using var file = SafeTensorsFile.Open(folder.Path("a.safetensors"));

        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(written.Keys.Order(), file.Tensors.Keys.Order());
        foreach (var (name, expected) in written)
        {
            Assert.Equal(expected.shape, file.Tensors[name].Shape);
            Close.RequireSame(expected, file.Read(name), name);
        }
    }

    [Fact]
    public void Should_pad_the_header_to_eight_bytes_and_align_data_by_element_size()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        for (var nameLength = 1; nameLength < 12; nameLength++)
        {
            var path = folder.Path("a.safetensors");
            SafeTensorsFile.Save(path, new Dictionary<string, torch.Tensor>
            {
                [new string('x', nameLength)] = torch.ones(3, dtype: torch.uint8),
                ["wide"] = torch.ones(2, dtype: torch.float64),
            });
            var bytes = File.ReadAllBytes(path);
            var header = BitConverter.ToInt64(bytes);
            Assert.Equal(0, header % 8);
            Assert.Equal(1.0, BitConverter.ToDouble(bytes, 8 + (int)header));
            Assert.Equal(8 + header + 16 + 3, bytes.Length);
        }
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}""", 12, "'a' F32 [2] needs 8 bytes but has 12")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "'a' claims bytes 0..8 of 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, "4 bytes follow the last tensor 'a'")]
    [InlineData("""{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}""", 8, "'a' has element type C64")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "'a' has shape [-2]")]
    [InlineData("""{"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""", 8, "'a' has a malformed")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8, "'a' has a malformed")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", 8, "'a' has a malformed")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "'a' claims bytes 8..0")]
    [InlineData("""[1]""", 0, "not an object")]
    [InlineData("""{"__metadata__":5}""", 0, "__metadata__ is a JSON Number")]
    [InlineData("""{"a":7}""", 0, "'a' has a malformed")]
    [InlineData("""{"a":""", 0, "not JSON")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6,
        "'b' starts 2 bytes before the end of 'a' (overlap)")]
    [InlineData(
        """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8,
        "twice")]
    public void Should_name_file_and_tensor_of_a_bad_header(string header, int dataBytes, string message)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Path("bad.safetensors");
        var json = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)json.Length), .. json, .. new byte[dataBytes]]);

        var error = Assert.Throws<InvalidDataException>(() => SafeTensorsFile.Open(path));

        Assert.Contains(path, error.Message);
        Assert.Contains(message, error.Message);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2, 3 }, "it has 3 bytes")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 0 }, "its header claims 18446744073709551615 bytes")]
    [InlineData(new byte[] { 100, 0, 0, 0, 0, 0, 0, 0, 123 }, "its header claims 100 bytes, but the file has 9")]
    public void Should_refuse_a_file_whose_header_length_cannot_be(byte[] content, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.Path("bad"), content);

        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => SafeTensorsFile.Open(folder.Path("bad"))).Message);
    }

    [Fact]
    public void Should_show_a_file_only_when_it_is_complete()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var path = folder.Path("a.safetensors");
        File.WriteAllText(path, "older");
        var spec = new TensorSpec("a", torch.ScalarType.Float32, [2]);
        using (var writer = new SafeTensorsWriter(path, [spec, spec with { Name = "b" }]))
        {
            writer.Write("b", torch.ones(2));
            Assert.Contains("'a'", Assert.Throws<InvalidOperationException>(writer.Commit).Message);
            Assert.Throws<ArgumentException>(() => writer.Write("b", torch.ones(2)));
            Assert.Throws<ArgumentException>(() => writer.Write("c", torch.ones(2)));
            Assert.Contains("F32 [2]", Assert.Throws<ArgumentException>(() => writer.Write("a", torch.ones(3))).Message);
        }

        Assert.Equal("older", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void Should_read_the_shards_of_a_folder()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        SafeTensorsFile.Save(folder.Path("one"), new Dictionary<string, torch.Tensor> { ["a"] = torch.ones(2) });
        SafeTensorsFile.Save(folder.Path("two"), new Dictionary<string, torch.Tensor> { ["b"] = torch.zeros(3) });
        var index = folder.Path("model.safetensors.index.json");
        File.WriteAllText(index, """{"metadata":{},"weight_map":{"a":"one","b":"two"}}""");

        using (var shards = SafeTensorsShards.Open(folder.Root))
        {
            Assert.Equal(["a", "b"], shards.Tensors.Keys.Order());
            Close.RequireSame(torch.ones(2), shards.Read("a"), "a");
            Close.RequireSame(torch.zeros(3), shards.Read("b"), "b");
            Assert.Throws<KeyNotFoundException>(() => shards.Read("c"));
        }

        File.WriteAllText(index, """{"weight_map":{"a":"two"}}""");
        Assert.Contains("'a'", Assert.Throws<InvalidDataException>(() => SafeTensorsShards.Open(folder.Root)).Message);
        File.WriteAllText(index, """{"weight_map":{"a":"../one"}}""");
        var error = Assert.Throws<InvalidDataException>(() => SafeTensorsShards.Open(folder.Root));
        Assert.Contains("plain file name", error.Message);
        File.Delete(index);
        Assert.Throws<FileNotFoundException>(() => SafeTensorsShards.Open(folder.Root));
    }

    [Fact]
    public void Should_fail_when_the_file_shrinks_while_it_is_read()
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var path = folder.Path("a");
        SafeTensorsFile.Save(path, new Dictionary<string, torch.Tensor> { ["a"] = torch.ones(100) });
        using var file = SafeTensorsFile.Open(path);
        using (var other = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            other.SetLength(other.Length - 8);
        }

        Assert.Contains("'a'", Assert.Throws<EndOfStreamException>(() => file.Read("a")).Message);
    }
}
