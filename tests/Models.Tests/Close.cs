using Ism.Models.Numerics;
using TorchSharp;
using Xunit.Sdk;

namespace Ism.Models.Tests;

/// <summary>Comparisons of tensors that say where and by how much they differ.</summary>
internal static class Close
{
    /// <summary>Requires |actual - expected| to be at most tolerance * (1 + |expected|) everywhere; returns the worst.</summary>
    public static double Require(torch.Tensor expected, torch.Tensor actual, double tolerance, string what)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        if (!expected.shape.SequenceEqual(actual.shape))
        {
            throw new XunitException(
                $"{what}: shape [{string.Join(", ", actual.shape)}], expected [{string.Join(", ", expected.shape)}]");
        }

        var (a, e) = (actual.to(torch.float64), expected.to(torch.float64));
        var worst = ((a - e).abs() / (Held.Of(1) + e.abs())).max().item<double>();
        return worst <= tolerance ? worst : throw new XunitException($"{what}: off by {worst:G3}, allowed {tolerance:G3}");
    }

    /// <summary>Requires equal types, shapes and elements (NaN counts as different).</summary>
    public static void RequireSame(torch.Tensor expected, torch.Tensor actual, string what)
    {
        using var scope = torch.NewDisposeScope();
        if (expected.dtype != actual.dtype || !expected.shape.SequenceEqual(actual.shape)
            || !expected.eq(actual).all().item<bool>())
        {
            throw new XunitException($"{what}: {actual.dtype} [{string.Join(", ", actual.shape)}] differs from "
                + $"{expected.dtype} [{string.Join(", ", expected.shape)}]");
        }
    }
}
