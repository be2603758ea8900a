using static Ism.Structures.Tests.Reading.BinaryCif.BinaryCifWriter;
using static Ism.Structures.Tests.Reading.BinaryCif.MessagePackBytes;

namespace Ism.Structures.Tests.Reading.BinaryCif;

/// <summary>Files made to hurt: each is refused with its reason, and none makes the reader allocate what it only declares.</summary>
public class BinaryCifHostileTests
{
    private static readonly byte[] Byte = Encoding("ByteArray", ("type", Integer(1)));
    private static readonly byte[] Int = Encoding("ByteArray", ("type", Integer(3)));

    public static TheoryData<string, byte[], RefusalReason, string> Columns => new()
    {
        { "unknown type", Data([1], Encoding("ByteArray", ("type", Integer(7)))), RefusalReason.Damaged, "unknown type 7" },
        { "unknown encoding", Data([1], Encoding("Zip")), RefusalReason.Damaged, "unknown encoding 'Zip'" },
        { "no encoding", Data([1]), RefusalReason.Damaged, "0 encodings" },
        { "no bytes below", Data([1], Encoding("Delta", ("origin", Integer(0)))), RefusalReason.Damaged, "not ByteArray" },
        { "odd bytes", Data([1, 2, 3], Int), RefusalReason.Damaged, "3 bytes" },
        { "too few rows", Data([1, 2], Byte), RefusalReason.Damaged, "2 values; its category says 1 rows" },
        { "odd runs", Data([1, 2, 3], Runs(1), Byte), RefusalReason.Damaged, "no pairs" },
        { "negative run", Data([1, 0xFF], Runs(1), Byte), RefusalReason.Damaged, "a run of -1" },
        { "wrong run size", Data([1, 2], Runs(9), Byte), RefusalReason.Damaged, "srcSize says 9" },
        { "huge run", Data([0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F], Runs(int.MaxValue), Int), RefusalReason.TooLarge, "MaxContentBytes" },
        {
            "runs beyond 32 bits", Data([0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F],
                Encoding("RunLength"), Int), RefusalReason.TooLarge, "MaxContentBytes"
        },
        {
            "overflowing differences", Data([0xFF, 0xFF, 0xFF, 0x7F],
                Encoding("Delta", ("origin", Integer(int.MaxValue))), Int), RefusalReason.Damaged, "beyond 32 bits"
        },
        { "open packing", Data([127], Packing(1), Byte), RefusalReason.Damaged, "inside a packed number" },
        { "packing of four bytes", Data([1], Packing(4), Byte), RefusalReason.Damaged, "IntegerPacking of 4" },
        { "zero factor", Data([1], Encoding("FixedPoint", ("factor", Number(0))), Byte), RefusalReason.Damaged, "factor 0" },
        { "infinite factor", Data([1], Encoding("FixedPoint", ("factor", Number(1 / 0.0))), Byte), RefusalReason.Damaged, "factor" },
        {
            "one step", Data([1], Encoding("IntervalQuantization", ("min", Number(0)), ("max", Number(1)), ("numSteps", Integer(1))),
                Byte), RefusalReason.Damaged, "1 steps"
        },
        {
            "fixed point twice", Data([1], Encoding("FixedPoint", ("factor", Number(1))),
                Encoding("FixedPoint", ("factor", Number(1))), Byte), RefusalReason.Damaged, "of fractions"
        },
        { "not a number", Data([0, 0, 0xC0, 0x7F], Encoding("ByteArray", ("type", Integer(32)))), RefusalReason.Damaged, "no coordinates" },
        { "far away", Data([0x7F, 0x96, 0x98, 0], Int), RefusalReason.Damaged, "no coordinates" },
        { "text beyond the last", Strings([5], [0, 1]), RefusalReason.Damaged, "text 5 of 1" },
        { "text before the first", Strings([0xFE], [0, 1]), RefusalReason.Damaged, "text -2 of 1" },
        { "offsets beyond the text", Strings([0], [0, 9]), RefusalReason.Damaged, "from 0 to 9 of 1" },
        { "offsets that go back", Strings([0], [1, 0]), RefusalReason.Damaged, "from 1 to 0" },
    };

    [Theory]
    [MemberData(nameof(Columns))]
    public void Should_refuse_a_column_that_does_not_hold_what_it_says(string what, byte[] data, RefusalReason reason, string message)
    {
        var file = WithX(data);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = Assert.Throws<StructureRefusedException>(() => StructureReader.Read(new MemoryStream(file), "x.bcif", TextStructures.Lenient));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal((what, reason), (what, refusal.Reason));
        Assert.Contains(message, refusal.Detail, StringComparison.Ordinal);
        Assert.True(allocated < 4 << 20, $"{what}: {allocated} bytes allocated");
    }

    [Theory]
    [InlineData(new byte[] { 0xDD, 0x7F, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xDF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xC6, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xDB, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 1 })]
    public void Should_believe_no_declared_size(byte[] header)
    {
        // The size stands in a field that is passed over, and where the data blocks should be.
        byte[] passed = [0x82, .. Text("other"), .. header, .. Text("dataBlocks"), 0x90];
        byte[] blocks = [0x81, .. Text("dataBlocks"), .. header];
        foreach (var file in (byte[][])[passed, blocks])
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var refusal = Assert.Throws<StructureRefusedException>(() => StructureReader.Read(new MemoryStream(file), "x.bcif"));
            Assert.True(refusal.Reason is RefusalReason.Truncated or RefusalReason.Damaged, refusal.Message);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        }
    }

    [Fact]
    public void Should_pass_over_nesting_of_any_depth()
    {
        byte[] nested = [.. Enumerable.Repeat((byte)0x91, 1 << 20), 0xC0];
        byte[] file = [0x82, .. Text("other"), .. nested, .. Text("dataBlocks"), 0x90];
        var refusal = Assert.Throws<StructureRefusedException>(() => StructureReader.Read(new MemoryStream(file), "x.bcif"));
        Assert.Equal(RefusalReason.NoAtoms, refusal.Reason);
    }

    [Fact]
    public void Should_refuse_a_category_without_coordinates()
    {
        var file = File(Category("_atom_site", 0, [Column("Cartn_x", Data([], Byte))]));
        var refusal = Assert.Throws<StructureRefusedException>(() => StructureReader.Read(new MemoryStream(file), "x.bcif"));
        Assert.Equal(RefusalReason.Damaged, refusal.Reason);
        Assert.Contains("no Cartn_y", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_read_the_file_that_the_others_are_variants_of()
    {
        var refusal = Assert.Throws<StructureRefusedException>(() =>
            StructureReader.Read(new MemoryStream(WithX(Data([1], Byte))), "x.bcif", TextStructures.Lenient));
        Assert.Equal(RefusalReason.CAlphaOnly, refusal.Reason);
    }

    // One C-alpha, whose x is the column in question.
    private static byte[] WithX(byte[] x) => File(Category("_atom_site", 1,
    [
        Column("Cartn_x", x), Column("Cartn_y", Data([1], Byte)), Column("Cartn_z", Data([1], Byte)),
        Column("label_atom_id", ["CA"], BinaryCifStyle.Texts), Column("label_comp_id", ["ALA"], BinaryCifStyle.Texts),
        Column("label_seq_id", Data([1], Byte)), Column("label_asym_id", ["A"], BinaryCifStyle.Texts),
    ]));

    private static byte[] Runs(int size) => Encoding("RunLength", ("srcType", Integer(3)), ("srcSize", Integer(size)));

    private static byte[] Packing(int bytes) => Encoding("IntegerPacking", ("byteCount", Integer(bytes)), ("isUnsigned", Flag(false)));

    private static byte[] Strings(byte[] indices, byte[] offsets) => Data(indices, Encoding("StringArray",
        ("dataEncoding", Array(Byte)), ("stringData", Text("1")), ("offsetEncoding", Array(Byte)), ("offsets", Bytes(offsets))));
}
