using System.Diagnostics;
using Ism.Cli.Processes;
using Ism.Cli.Slurm;
using Ism.Tests;

namespace Ism.Cli.Tests.Slurm;

public sealed class SlurmScriptsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-scripts-").FullName;

    public static TheoryData<string> Names() => [.. SlurmScripts.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Should_be_what_the_example_shows(string script)
    {
        var plan = new SlurmPlan
        {
            Nodes = 8,
            GpusPerNode = 4,
            TrainersPerNode = 4,
            Featurizers = 64,
            Partition = "gpu",
            FeaturizerPartition = "cpu",
            Account = "proteins",
            Memory = "400G",
            FeaturizerMemory = "16G",
            CoordinatorMemory = "8G",
            Time = "24:00:00",
        };
        var scripts = new SlurmScripts(
            plan, "esm2-650M", "/shared/runs/esm2-650M", "/shared/runs/esm2-650M/slurm",
            new ProgramCommand("/shared/ism/cli/bin/Release/net10.0/ism", []), "/shared/dotnet");
        var example = Path.Combine(ReferenceData.Root, "deploy", "slurm", "example", script);
        Assert.True(File.Exists(example), $"{example} is missing; what belongs there:\n{scripts.Text(script)}");
        Assert.Equal(File.ReadAllText(example), scripts.Text(script));
    }

    [Fact]
    public void Should_leave_out_what_is_not_asked_for()
    {
        var scripts = Scripts(new SlurmPlan { Nodes = 2, TrainersPerNode = 3 });
        var trainers = scripts.Text(SlurmScripts.Trainers);

        Assert.DoesNotContain("gpu", trainers, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("6 rank(s), 3 on each of 2 machine(s).", trainers);
        Assert.All(SlurmScripts.Names, name =>
        {
            Assert.DoesNotMatch("--(account|partition|qos|mem|time)=", scripts.Text(name));
            Assert.DoesNotContain("{{", scripts.Text(name));
            Assert.DoesNotContain("DOTNET_ROOT", scripts.Text(name));
        });
        Assert.Contains("#SBATCH --array=0\n", scripts.Text(SlurmScripts.Featurizers));
    }

    [Fact]
    public void Should_put_what_is_asked_for_where_it_belongs()
    {
        var scripts = Scripts(new SlurmPlan
        {
            GpusPerNode = 2,
            TrainersPerNode = 2,
            Partition = "p",
            FeaturizerPartition = "f",
            Account = "a",
            Qos = "q",
            Memory = "1G",
            FeaturizerMemory = "2G",
            CoordinatorMemory = "3G",
            Time = "60",
            FeaturizerTime = "30",
            CoordinatorTime = "2-0",
            Featurizers = 5,
            WarningSeconds = 77,
            Scratch = "/local/$SLURM_JOB_ID",
            Sbatch = ["constraint=a100&nvlink", "exclusive"],
        });
        var (coordinator, trainers, featurizers) =
            (scripts.Text(SlurmScripts.Coordinator), scripts.Text(SlurmScripts.Trainers), scripts.Text(SlurmScripts.Featurizers));

        Assert.All((string[])[coordinator, trainers, featurizers], text =>
        {
            Assert.Contains("#SBATCH --account=a\n#SBATCH --qos=q\n", text);
            Assert.Contains("#SBATCH --signal=B:USR1@77\n#SBATCH --requeue\n", text);
            Assert.Contains("#SBATCH --constraint=a100&nvlink\n#SBATCH --exclusive\n", text);
            // What comes after the first command is no option of sbatch any more.
            Assert.DoesNotMatch(@"(?s)\n[^#\s][^\n]*\n.*#SBATCH", text);
        });
        Assert.Matches("--partition=f\n(?s:.*)--mem=3G\n#SBATCH --time=2-0\n", coordinator);
        Assert.Matches("--partition=p\n(?s:.*)--gpus-per-node=2\n(?s:.*)--mem=1G\n#SBATCH --time=60\n", trainers);
        Assert.Matches("--partition=f\n(?s:.*)--array=0-4\n(?s:.*)--mem=2G\n#SBATCH --time=30\n", featurizers);
        Assert.Contains("scratch=\"/local/$SLURM_JOB_ID\"\n", scripts.Text(SlurmScripts.Node));
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Should_be_understood_by_the_shell(string script)
    {
        Skip.IfNot(File.Exists("/bin/bash"), "there is no /bin/bash");
        Scripts(new SlurmPlan { GpusPerNode = 4, TrainersPerNode = 4 }).Write();
        using var bash = Process.Start(
            new ProcessStartInfo("/bin/bash", ["-n", Path.Combine(_folder, "slurm", script)]) { RedirectStandardError = true })!;
        var said = await bash.StandardError.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0 && said.Length == 0, said);
    }

    [Theory]
    [InlineData("/shared/my runs")]
    [InlineData("/shared/100%")]
    [InlineData("/shared/$HOME")]
    public void Should_refuse_paths_that_trip_sbatch_up(string workspace)
    {
        var scripts = new SlurmScripts(new SlurmPlan(), "job", workspace, _folder, new ProgramCommand("/ism", []), null);
        Assert.StartsWith($"workspace {workspace}: ", Assert.Throws<UsageException>(scripts.Write).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Should_quote_a_program_whose_path_needs_it() => Assert.Contains(
        "  '/opt/it'\\''s here/dotnet' /opt/ism.dll node ",
        new SlurmScripts(new SlurmPlan(), "job", _folder, _folder, new ProgramCommand("/opt/it's here/dotnet", ["/opt/ism.dll"]), null)
            .Text(SlurmScripts.Node));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SlurmScripts Scripts(SlurmPlan plan) =>
        new(plan, "job", _folder, Path.Combine(_folder, "slurm"), new ProgramCommand("/opt/ism", []), null);
}
