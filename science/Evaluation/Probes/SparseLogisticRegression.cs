using Ism.Models.Numerics;
using TorchSharp;

namespace Ism.Evaluation.Probes;

/// <summary>
/// Logistic regression with an L1 penalty: the minimum of |w|₁ + C Σ log(1 + exp(-y (x·w + b))), b not penalised, as scikit-learn's
/// <c>LogisticRegression(penalty="l1", C)</c> states it and the authors of ESM use it for contacts (C = 0.15). Accelerated proximal
/// gradient (FISTA, Beck and Teboulle 2009, restarted when it overshoots) on standardised columns.
/// </summary>
public static class SparseLogisticRegression
{
    /// <summary>Fits weights [F] and intercept.</summary>
    /// <param name="x">[N, F], float32 or float64.</param>
    /// <param name="y">[N] of 0 and 1, of the same type.</param>
    /// <param name="c">Weight of the data against the penalty.</param>
    /// <param name="iterations">At most; it ends earlier when no weight moves by more than a millionth of the largest.</param>
    public static (double[] Weights, double Intercept) Fit(torch.Tensor x, torch.Tensor y, double c = 0.15, int iterations = 3000)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var mean = x.mean([0L]);
        var scale = (x.std(0, false) + Held.Of(1e-12)).reciprocal();
        var columns = (x - mean) * scale;

        // In standardised columns a weight u is w / scale, so its penalty is |u| scale.
        var step = 1 / (0.25 * c * LargestEigenvalue(columns));
        var shrink = scale * Held.Of(step);
        var (u, b) = (torch.zeros_like(mean), 0.0);
        var (ahead, bAhead, momentum) = (u, b, 1.0);
        for (var i = 0; i < iterations; i++)
        {
            using var inner = torch.NewDisposeScope();
            var error = (columns.mv(ahead) + Held.Of(bAhead)).sigmoid() - y;
            var moved = ahead - (columns.t().mv(error) * Held.Of(c * step));
            var next = moved.sign() * (moved.abs() - shrink).clamp_min(Held.Of(0));
            var bNext = bAhead - (c * step * error.sum().to(torch.float64).item<double>());
            var change = next - u;
            var overshot = ((ahead - next) * change).sum().to(torch.float64).item<double>() > 0;
            var largest = Math.Max(change.abs().max().to(torch.float64).item<double>(), Math.Abs(bNext - b));
            var size = Math.Max(next.abs().max().to(torch.float64).item<double>(), 1e-3);
            var grown = overshot ? 1 : (1 + Math.Sqrt(1 + (4 * momentum * momentum))) / 2;
            var push = overshot ? 0 : (momentum - 1) / grown;
            var leap = next + (change * Held.Of(push));
            (bAhead, b, momentum) = (bNext + (push * (bNext - b)), bNext, grown);
            (u, ahead) = (next.MoveToOuterDisposeScope(), leap.MoveToOuterDisposeScope());
            if (i > 10 && largest < 1e-6 * size)
            {
                break;
            }
        }

        var weights = u * scale;
        var intercept = b - (weights * mean).sum().to(torch.float64).item<double>();
        return (weights.to(torch.float64).data<double>().ToArray(), intercept);
    }

    // Of columns' transpose times columns, by power iteration; the intercept's column of ones is orthogonal to centred columns.
    private static double LargestEigenvalue(torch.Tensor columns)
    {
        using var scope = torch.NewDisposeScope();
        var direction = torch.ones(columns.shape[1], dtype: columns.dtype) / Held.Of(Math.Sqrt(columns.shape[1]));
        direction += torch.arange(Held.Of(columns.shape[1]), dtype: columns.dtype) * Held.Of(1e-3);
        var value = (double)columns.shape[0];
        for (var i = 0; i < 60; i++)
        {
            var product = columns.t().mv(columns.mv(direction));
            var norm = product.norm().to(torch.float64).item<double>();
            value = Math.Max(norm, columns.shape[0]);
            if (norm == 0)
            {
                break;
            }

            direction = product / Held.Of(norm);
        }

        return 1.02 * value;
    }
}
