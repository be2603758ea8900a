using System.Text.Json;
using Ism.Models.Geometry;
using Ism.Models.Numerics;
using Ism.Models.Serialization;
using Ism.Tests;
using static TorchSharp.torch;

namespace Ism.Models.Tests.Geometry;

public class KabschGoldenTests
{
    private const double Tolerance = 1e-9;

    [SkippableFact]
    public void Should_superpose_every_cloud_as_the_reference_does()
    {
        using var scope = NewDisposeScope();
        var tensors = SafeTensorsFile.Load(ReferenceData.GoldenPath("kabsch", "cases.safetensors"));
        using var index = JsonDocument.Parse(File.ReadAllText(ReferenceData.GoldenPath("kabsch", "kabsch.json")));
        var cases = index.RootElement.GetProperty("cases").EnumerateArray().ToArray();
        Assert.NotEmpty(cases);
        foreach (var one in cases)
        {
            var key = one.GetProperty("key").GetString()!;
            var what = $"{key} ({one.GetProperty("kind").GetString()})";
            var truth = tensors[$"{key}.true"].unsqueeze(0);
            var predicted = tensors[$"{key}.pred"].unsqueeze(0).requires_grad_(true);
            var alignment = Kabsch.Align(predicted, truth);
            var error = Kabsch.AlignedSquaredError(predicted, truth);
            error.sum().backward();
            Close.Require(ones(1, dtype: ScalarType.Float64), linalg.det(alignment.Rotation), Tolerance, $"{what}: determinant");
            Close.Require(tensor(new[] { one.GetProperty("msd").GetDouble() }), error, Tolerance, $"{what}: msd");
            if (one.GetProperty("rotation_unique").GetBoolean())
            {
                Close.Require(tensors[$"{key}.R"], alignment.Rotation[0], Tolerance, $"{what}: R");
                Close.Require(tensors[$"{key}.t"], alignment.Translation[0], Tolerance, $"{what}: t");
                Close.Require(tensors[$"{key}.aligned_true"], alignment.Aligned[0], Tolerance, $"{what}: aligned");
            }

            if (one.GetProperty("gradient_unique").GetBoolean())
            {
                Close.Require(tensors[$"{key}.grad_pred"], predicted.grad![0], Tolerance, $"{what}: gradient");
            }
        }
    }

    [SkippableTheory]
    [InlineData(ScalarType.Float64, 1e-9)]
    [InlineData(ScalarType.Float32, 1e-4)]
    public void Should_superpose_a_masked_batch_as_the_reference_does(ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        var tensors = SafeTensorsFile.Load(ReferenceData.GoldenPath("kabsch", "batch.safetensors"));
        var mask = tensors["mask"];
        var predicted = tensors["pred"].to(dtype).detach().requires_grad_(true);
        var alignment = Kabsch.Align(predicted, tensors["true"].to(dtype), mask);
        var error = Kabsch.AlignedSquaredError(predicted, tensors["true"].to(dtype), mask);
        error.sum().backward();
        Close.Require(tensors["msd"], error, tolerance, "msd");
        Close.Require(tensors["R"], alignment.Rotation, tolerance, "R");
        Close.Require(tensors["t"], alignment.Translation, tolerance, "t");
        Close.Require(
            tensors["aligned_true"].masked_fill(mask.logical_not().unsqueeze(-1), Held.Of(0)), alignment.Aligned, tolerance, "aligned");
        Close.Require(tensors["grad_pred_of_own_msd"], predicted.grad!, tolerance, "gradient");
    }
}
