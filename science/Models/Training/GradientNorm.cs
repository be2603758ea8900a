using TorchSharp;

namespace Ism.Models.Training;

/// <summary>The norm of a flat gradient buffer without waiting for its device. Pieces are added up in float64, as in
/// <see cref="GlobalNorm"/>.</summary>
public sealed class GradientNorm : IDisposable
{
    private const long Piece = 1 << 20;
    private readonly torch.jit.CompilationUnit _script = TorchScripts.Compile("norm");
    private readonly torch.Tensor[] _pieces;

    /// <summary>Of this buffer [N], which must outlive it.</summary>
    public GradientNorm(torch.Tensor flat)
    {
        using var noGrad = torch.no_grad();
        var count = (flat.NumberOfElements + Piece - 1) / Piece;
        _pieces = [.. Enumerable.Range(0, (int)count).Select(i =>
            flat.narrow(0, i * Piece, Math.Min(Piece, flat.NumberOfElements - (i * Piece))).DetachFromDisposeScope())];
    }

    /// <summary>The L2 norm as it is now, a float64 scalar on the buffer's device. NaN or infinite when any element is.</summary>
    public torch.Tensor Measure()
    {
        using var noGrad = torch.no_grad();
        return (torch.Tensor)_script.invoke("norm", new object[] { _pieces });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_pieces, piece => piece.Dispose());
        _script.Dispose();
    }
}
