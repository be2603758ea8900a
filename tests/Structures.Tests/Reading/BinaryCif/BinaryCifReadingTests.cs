using System.IO.Compression;
using Ism.Structures.Numerics;
using Ism.Tests;

namespace Ism.Structures.Tests.Reading.BinaryCif;

/// <summary>A structure is the same whichever form of mmCIF it is read from, value for value.</summary>
public class BinaryCifReadingTests
{
    [SkippableTheory]
    [InlineData(BinaryCifStyle.Plain)]
    [InlineData(BinaryCifStyle.Single)]
    [InlineData(BinaryCifStyle.Packed)]
    [InlineData(BinaryCifStyle.Wide)]
    [InlineData(BinaryCifStyle.Texts)]
    public void Should_read_the_same_from_both_forms_of_a_file(BinaryCifStyle style)
    {
        var compared = 0;
        foreach (var path in Files())
        {
            var text = Content(path);
            var name = Path.GetFileName(path);
            var expected = Record.Exception(() => Read(text, name));
            var binary = BinaryCifWriter.Write(text, style);
            if (expected is StructureRefusedException refused)
            {
                var other = Assert.Throws<StructureRefusedException>(() => Read(binary, name));
                Assert.Equal((name, refused.Reason), (name, other.Reason));
                continue;
            }

            Assert.Null(expected);
            AssertSame(Read(text, name), Read(binary, name));
            compared++;
        }

        Assert.True(compared >= 12, $"only {compared} files compared");
    }

    /// <summary>The form that another program has written.</summary>
    [SkippableFact]
    public void Should_read_the_entry_of_another_program_as_the_text_of_a_third()
    {
        var text = StructureReader.ReadFile(ReferenceData.StructuresPath("train", "1ubq.cif.gz"));
        var binary = StructureReader.ReadFile(ReferenceData.StructuresPath("edge", "1ubq.bcif.gz"));
        AssertSame(text, binary);
        Assert.Equal(StructureFormat.BinaryCif, binary.Format);
    }

    [SkippableFact]
    public void Should_make_the_same_microenvironments_of_both_forms()
    {
        var path = ReferenceData.StructuresPath("edge", "1AKE.cif");
        var text = StructureReader.ReadFile(path);
        var binary = Read(BinaryCifWriter.Write(Content(path), BinaryCifStyle.Packed), "1AKE.bcif");
        var (one, other) = (new MicroenvironmentFinder(), new MicroenvironmentFinder());
        for (var chain = 0; chain < text.Chains.Length; chain++)
        {
            var a = one.FindChain(text, text.Chains[chain]);
            var b = other.FindChain(binary, binary.Chains[chain]);
            Assert.Equal(a.Length, b.Length);
            for (var i = 0; i < a.Length; i++)
            {
                Assert.Equal(a[i].Elements, b[i].Elements);
                Assert.Equal(a[i].Coordinates, b[i].Coordinates);
            }
        }
    }

    [Fact]
    public void Should_give_a_structure_or_a_refusal_whatever_the_damage()
    {
        var cif = System.Text.Encoding.ASCII.GetBytes(MutationTests.Cif(12));
        var random = new CounterRandom(20, 3);
        var reasons = new HashSet<RefusalReason>();
        var read = 0;
        foreach (var style in Enum.GetValues<BinaryCifStyle>())
        {
            var clean = BinaryCifWriter.Write(cif, style);
            for (var round = 0; round < 1500; round++)
            {
                var bytes = MutationTests.Mutate(clean, ref random);
                try
                {
                    StructureReader.Read(new MemoryStream(bytes), "x.bcif", TextStructures.Lenient);
                    read++;
                }
                catch (StructureRefusedException refusal)
                {
                    reasons.Add(refusal.Reason);
                }
            }
        }

        Assert.True(read > 100, $"{read} read");
        Assert.Contains(RefusalReason.Damaged, reasons);
        Assert.Contains(RefusalReason.Truncated, reasons);
        Assert.DoesNotContain(RefusalReason.Crashed, reasons);
    }

    [Fact]
    public void Should_refuse_a_file_that_is_cut_anywhere()
    {
        var whole = BinaryCifWriter.Write(System.Text.Encoding.ASCII.GetBytes(MutationTests.Cif(12)), BinaryCifStyle.Packed);
        var header = whole.AsSpan().IndexOf("dataBlocks"u8) + 12;
        for (var length = header; length < whole.Length; length += 7)
        {
            var cut = whole.AsSpan(0, length).ToArray();
            var refusal = Assert.Throws<StructureRefusedException>(() => Read(cut, "x.bcif"));
            Assert.Equal((length, RefusalReason.Truncated), (length, refusal.Reason));
        }
    }

    internal static void AssertSame(Structure expected, Structure actual)
    {
        Assert.Equal(expected.Atoms.X, actual.Atoms.X);
        Assert.Equal(expected.Atoms.Y, actual.Atoms.Y);
        Assert.Equal(expected.Atoms.Z, actual.Atoms.Z);
        Assert.Equal(expected.Atoms.Elements, actual.Atoms.Elements);
        Assert.Equal(expected.Residues, actual.Residues);
        Assert.Equal(expected.Chains.Select(c => (c.Id, c.Sequence)), actual.Chains.Select(c => (c.Id, c.Sequence)));
        Assert.Equal(expected.Notes, actual.Notes);
        Assert.Equal(expected.IsPredicted, actual.IsPredicted);
    }

    private static IEnumerable<string> Files()
    {
        foreach (var folder in (string[])["edge", "heldout"])
        {
            foreach (var path in Directory.EnumerateFiles(ReferenceData.StructuresPath(folder)).Order(StringComparer.Ordinal)
                .Where(p => p.Contains("cif", StringComparison.Ordinal) && !p.Contains(".bcif", StringComparison.Ordinal)
                    && !p.Contains("_err", StringComparison.Ordinal) && new FileInfo(p).Length < 250_000).Take(24))
            {
                yield return path;
            }
        }
    }

    private static byte[] Content(string path)
    {
        using var file = File.OpenRead(path);
        using var memory = new MemoryStream();
        if (path.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var gzip = new GZipStream(file, CompressionMode.Decompress);
            gzip.CopyTo(memory);
        }
        else
        {
            file.CopyTo(memory);
        }

        return memory.ToArray();
    }

    private static Structure Read(byte[] content, string name) => StructureReader.Read(new MemoryStream(content), name);
}
