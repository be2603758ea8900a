using Ism.Evaluation.Probes;
using TorchSharp;

namespace Ism.Evaluation.Tests.Tasks;

/// <summary>Against scikit-learn 1.2, <c>LogisticRegression(penalty="l1", solver="saga", tol=1e-12)</c>, on the same 80 rows.</summary>
public class SparseLogisticRegressionTests
{
    [Theory]
    [InlineData(0.15, new[] { 1.3644, 0, 0, 0, 0, 0 }, 0.00602)]
    [InlineData(2.0, new[] { 2.85606, -1.25654, 0, 0, 0.00497, -0.4233 }, -0.20289)]
    public void Should_find_the_weights_that_scikit_learn_finds(double c, double[] weights, double intercept)
    {
        const int rows = 80, columns = 6;
        var x = new double[rows, columns];
        var y = new double[rows];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++)
            {
                // One column on another scale, as attention maps are.
                x[i, j] = Math.Sin(1 + (0.7 * i * (j + 1)) + (0.3 * j)) * (j == 2 ? 0.02 : 1);
            }

            y[i] = (1.5 * x[i, 0]) - x[i, 1] + (20 * x[i, 2]) + (Math.Sin(5.0 * i) * 0.9) > 0.2 ? 1 : 0;
        }

        Assert.Equal(40, y.Sum());
        using var scope = torch.NewDisposeScope();
        var found = SparseLogisticRegression.Fit(torch.tensor(x), torch.tensor(y), c, iterations: 20_000);
        Assert.Equal(intercept, found.Intercept, 1e-3);
        for (var j = 0; j < columns; j++)
        {
            Assert.Equal(weights[j], found.Weights[j], 1e-3);
        }
    }
}
