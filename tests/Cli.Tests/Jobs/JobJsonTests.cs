using Ism.Protocol.Jobs;

namespace Ism.Cli.Tests.Jobs;

public class JobJsonTests
{
    [Fact]
    public void Should_give_back_what_was_written_and_the_same_bytes_again()
    {
        var job = Layers.Resolve("variant: demo\nname: x", "model.from=/a b/é", "tuning.learningRate=1.25e-5").Job;
        var text = JobJson.Write(job);
        Assert.Equal(text, JobJson.Write(JobJson.Read(text)));
        Assert.Contains("\"learningRate\": 1.25E-05", text);
        Assert.Contains("é", text);
        Assert.DoesNotContain('\r', text);
    }

    [Fact]
    public void Should_keep_defaults_for_what_is_absent()
    {
        var job = JobJson.Read("""{"tuning": {"epochs": 2}}""");
        Assert.Equal(2, job.Tuning.Epochs);
        Assert.Equal(new TuningOptions().Crop, job.Tuning.Crop);
        Assert.Equal(new JobOptions().Name, job.Name);
    }

    [Theory]
    [InlineData("""{"tuning": {"epoch": 2}}""", "epoch")]
    [InlineData("""{"name": null}""", "name")]
    [InlineData("""{"seed": "1"}""", "seed")]
    [InlineData("null", "null")]
    [InlineData("{", "not a job of this version")]
    public void Should_refuse_what_is_not_a_job(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => JobJson.Read(json)).Message);

    [Fact]
    public void Should_save_and_load_a_file_and_leave_nothing_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory("ism-job-");
        var path = Path.Combine(folder.FullName, "sub", JobJson.FileName);
        JobJson.Save(new JobOptions { Name = "one" }, path);
        JobJson.Save(new JobOptions { Name = "two" }, path);
        Assert.Equal("two", JobJson.Load(path).Name);
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        File.WriteAllText(path, "{");
        Assert.StartsWith(path, Assert.Throws<InvalidDataException>(() => JobJson.Load(path)).Message);
        folder.Delete(recursive: true);
    }
}
