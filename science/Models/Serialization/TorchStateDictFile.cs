using System.Buffers.Binary;
using System.Text;
using TorchSharp;

namespace Ism.Models.Serialization;

/// <summary>
/// Writes what <c>torch.save(OrderedDict of tensors)</c> writes: a zip of raw storages and a protocol 2 pickle that only rebuilds
/// tensors, so that torch.load takes it with weights_only too. Such files are written here, never read: reading means unpickling.
/// </summary>
public static class TorchStateDictFile
{
    /// <summary>
    /// Writes tensors in their order, as float32. Entries that are the same tensor object share one storage. Atomic.
    /// </summary>
    public static void Save(string path, IReadOnlyList<KeyValuePair<string, torch.Tensor>> tensors)
    {
        var storages = new List<torch.Tensor>();
        var storageOf = new int[tensors.Count];
        for (var i = 0; i < tensors.Count; i++)
        {
            var tensor = tensors[i].Value;
            storageOf[i] = storages.FindIndex(known => ReferenceEquals(known, tensor));
            if (storageOf[i] < 0)
            {
                storageOf[i] = storages.Count;
                storages.Add(tensor);
            }
        }

        using var file = new AtomicFile(path);
        var zip = new StoredZip(file.Stream);
        const string Folder = "archive";
        zip.Add($"{Folder}/data.pkl", Pickle(tensors, storageOf));
        zip.Add($"{Folder}/byteorder", "little"u8.ToArray());
        for (var i = 0; i < storages.Count; i++)
        {
            using var scope = torch.NewDisposeScope();
            var single = storages[i].detach().to(torch.float32);
            zip.Add($"{Folder}/data/{i}", single.NumberOfElements * sizeof(float), write => TensorBytes.Write(single, write));
        }

        zip.Add($"{Folder}/version", "3\n"u8.ToArray());
        zip.Finish();
        file.Commit();
    }

    private static byte[] Pickle(IReadOnlyList<KeyValuePair<string, torch.Tensor>> tensors, int[] storageOf)
    {
        var pickle = new PickleWriter();
        pickle.Protocol2();
        pickle.Global("collections", "OrderedDict").EmptyTuple().Reduce();
        pickle.Mark();
        for (var i = 0; i < tensors.Count; i++)
        {
            var shape = tensors[i].Value.shape;
            pickle.Text(tensors[i].Key).Global("torch._utils", "_rebuild_tensor_v2").Mark();
            pickle.Mark().Text("storage").Global("torch", "FloatStorage").Text($"{storageOf[i]}").Text("cpu")
                .Integer(tensors[i].Value.NumberOfElements).Tuple().PersistentId();
            pickle.Integer(0).Integers(shape).Integers(RowMajorStrides(shape)).False();
            pickle.Global("collections", "OrderedDict").EmptyTuple().Reduce().Tuple().Reduce();
        }

        return pickle.SetItems().Stop();
    }

    private static long[] RowMajorStrides(long[] shape)
    {
        var strides = new long[shape.Length];
        long stride = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }

        return strides;
    }

    /// <summary>The few pickle opcodes that a state dict needs.</summary>
    private sealed class PickleWriter
    {
        private readonly MemoryStream _bytes = new();

        public PickleWriter Protocol2() => Op([0x80, 2]);

        public PickleWriter Global(string module, string name) =>
            Op([(byte)'c', .. Encoding.UTF8.GetBytes($"{module}\n{name}\n")]);

        public PickleWriter EmptyTuple() => Op(")"u8);

        public PickleWriter Reduce() => Op("R"u8);

        public PickleWriter Mark() => Op("("u8);

        public PickleWriter Tuple() => Op("t"u8);

        public PickleWriter PersistentId() => Op("Q"u8);

        public PickleWriter SetItems() => Op("u"u8);

        public PickleWriter False() => Op([0x89]);

        public PickleWriter Text(string text)
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            return Op("X"u8).Op(LittleEndian(utf8.Length)).Op(utf8);
        }

        public PickleWriter Integer(long value) =>
            value is >= 0 and <= int.MaxValue
                ? Op("J"u8).Op(LittleEndian((int)value))
                : throw new NotSupportedException($"a tensor of {value} elements is too large for this file; at most 2^31 - 1");

        public PickleWriter Integers(long[] values)
        {
            Mark();
            foreach (var value in values)
            {
                Integer(value);
            }

            return Tuple();
        }

        public byte[] Stop()
        {
            Op("."u8);
            return _bytes.ToArray();
        }

        private PickleWriter Op(ReadOnlySpan<byte> bytes)
        {
            _bytes.Write(bytes);
            return this;
        }

        private static byte[] LittleEndian(int value)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            return bytes;
        }
    }
}
