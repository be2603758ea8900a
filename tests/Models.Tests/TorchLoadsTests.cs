using TorchSharp;

namespace Ism.Models.Tests;

public class TorchLoadsTests
{
    [Fact]
    public void Should_load_the_native_libraries_and_differentiate()
    {
        using var x = torch.tensor(new[] { 1.0, 2.0 }, requires_grad: true);
        using var y = (x * x).sum();
        y.backward();
        Assert.Equal([2.0, 4.0], x.grad!.data<double>().ToArray());
    }
}
