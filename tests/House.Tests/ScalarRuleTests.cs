namespace Ism.House.Tests;

/// <summary>
/// A number that TorchSharp turns into a scalar by itself may be collected before libtorch has read it (nothing holds it while the native
/// call runs): the result is an error now and then, or a wrong number. Who holds its scalars is safe.
/// </summary>
public class ScalarRuleTests
{
    [SkippableTheory]
    [InlineData("Ism.Models")]
    [InlineData("Ism.GpuTrainer")]
    [InlineData("Ism.Featurizer")]
    [InlineData("Ism.Evaluation")]
    [InlineData("ism")]
    public void Should_hold_every_scalar_that_libtorch_is_given(string project)
    {
        Check(project, House.BuiltAssembly(project));
    }

    [SkippableTheory]
    [InlineData("Models.Tests")]
    [InlineData("GpuTrainer.Tests")]
    [InlineData("Featurizer.Tests")]
    public void Should_hold_every_scalar_in_tests_too(string project) => Check(project, House.BuiltTests(project));

    private static void Check(string project, string? built)
    {
        Skip.If(built is null, $"{project} is not built in this configuration");
        var found = ScalarUse.In(built);
        Assert.True(found.Count == 0, $"use Ism.Models.Numerics.Held:\n{string.Join('\n', found)}");
    }
}
