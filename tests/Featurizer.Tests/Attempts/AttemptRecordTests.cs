using Ism.Corpus;
using Ism.Featurizer.Attempts;

namespace Ism.Featurizer.Tests.Attempts;

public sealed class AttemptRecordTests : IDisposable
{
    private const string Catalogue = "corpus-1";
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-attempts-").FullName;

    private string File => AttemptRecord.PathOf(_folder, Catalogue, 3);

    [Fact]
    public void Should_suspect_what_was_under_way_in_those_who_did_not_come_back()
    {
        Lost(10, 11, 12);
        Lost(10, 14);
        using (var third = Open())
        {
            Assert.Equal([12, 14], third.Suspects);
            third.Begin(15);
            third.End(complete: false);
        }

        using var fourth = Open();
        Assert.Equal([12, 14], fourth.Suspects);
    }

    [Fact]
    public void Should_suspect_all_that_were_under_way_at_once()
    {
        using (var lost = Open())
        {
            Array.ForEach<long>([10, 11, 12, 13], lost.Begin);
            lost.Done(11);
            lost.Done(10);
        }

        using var next = Open();
        Assert.Equal([12, 13], next.Suspects);
    }

    [Fact]
    public void Should_read_records_of_a_version_that_had_one_structure_under_way_at_a_time()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        global::System.IO.File.WriteAllText(File, "\nopen old node-1\nbegin old 4 17\nbegin old 5 18\n");
        using var next = Open();
        Assert.Equal([5], next.Suspects);
    }

    [Fact]
    public void Should_suspect_nobody_who_died_before_the_first_structure()
    {
        Lost();
        using var next = Open();
        Assert.Empty(next.Suspects);
    }

    [Fact]
    public void Should_leave_no_file_when_all_structures_have_come_back()
    {
        Lost(10);
        using (var next = Open())
        {
            next.Begin(11);
            next.End(complete: true);
        }

        Assert.False(global::System.IO.File.Exists(File));
    }

    [Fact]
    public void Should_leave_the_file_to_others_who_came_later_and_are_still_at_it()
    {
        using var first = Open();
        using var second = Open();
        second.Begin(20);
        first.End(complete: true);

        using var third = Open();
        Assert.Equal([20], third.Suspects);
    }

    [Fact]
    public void Should_keep_refusals_for_the_work_they_belong_to()
    {
        var refused = new QuarantinedStructure(12, "a name with blanks", "Crashed", "it said \"no\"\nand went");
        using (var first = Open())
        {
            first.Refuse("tokenise", refused);
            first.End(complete: true);
        }

        using var second = Open();
        Assert.Equal(refused, second.RefusalOf("tokenise", 12));
        Assert.Null(second.RefusalOf("embed", 12));
        Assert.Null(second.RefusalOf("tokenise", 13));
    }

    [Fact]
    public void Should_count_how_often_nobody_came_back_from_trying_alone()
    {
        for (var i = 0; i < 2; i++)
        {
            using var lost = Open();
            lost.Alone(7);
        }

        using (var back = Open())
        {
            back.Alone(7);
            back.Back(7);
            Assert.Equal(2, back.LostAlone(7));
        }

        using var next = Open();
        Assert.Equal(2, next.LostAlone(7));
        Assert.Equal(0, next.LostAlone(8));
        Assert.Equal([7], next.Suspects);
    }

    [Theory]
    [InlineData("beg")]
    [InlineData("take x notanumber 1")]
    [InlineData("begin x notanumber 1")]
    [InlineData("refused s tokenise {\"Posi")]
    [InlineData("refused s tokenise {}")]
    [InlineData("\0\0\0\0")]
    public void Should_pass_over_lines_that_were_cut_off(string line)
    {
        Lost(10);
        global::System.IO.File.AppendAllText(File, line);
        using var next = Open();
        next.Begin(11);
        Assert.Equal([10], next.Suspects);
        using var after = Open();
        Assert.Equal([10, 11], after.Suspects);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Lost(params long[] begun)
    {
        using var record = Open();
        for (var i = 0; i < begun.Length; i++)
        {
            record.Begin(begun[i]);
            if (i > 0)
            {
                record.Done(begun[i - 1]);
            }
        }
    }

    private AttemptRecord Open() => AttemptRecord.Open(_folder, Catalogue, 3, "node 1");
}
