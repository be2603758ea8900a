using TorchSharp;

namespace Ism.Models.Numerics;

/// <summary>
/// Numbers as TorchSharp scalars that outlive the call they are made for. TorchSharp (0.107) reads the native handle of a scalar and calls
/// libtorch without holding the scalar itself; when nothing else does, a garbage collection between the two frees it, and libtorch reads
/// what lies there since: an error now and then ("toDouble … Expected false to be true"), or a wrong number. So plain numbers are never
/// given to tensors' operators here; a scalar made by <c>Of</c> is held until its thread has made some thousands more.
/// </summary>
public static class Held
{
    private const int Most = 4096;

    [ThreadStatic]
    private static Scalar?[]? _held;

    [ThreadStatic]
    private static int _next;

    /// <summary>A number, held.</summary>
    public static Scalar Of(double value) => Hold(value.ToScalar());

    /// <summary>A number, held.</summary>
    public static Scalar Of(float value) => Hold(value.ToScalar());

    /// <summary>A number, held.</summary>
    public static Scalar Of(long value) => Hold(value.ToScalar());

    /// <summary>A number, held.</summary>
    public static Scalar Of(int value) => Hold(value.ToScalar());

    // The one that gives way is not disposed of here: its finalizer does it, and nobody uses it any more.
    private static Scalar Hold(Scalar scalar)
    {
        var held = _held ??= new Scalar?[Most];
        held[_next] = scalar;
        _next = (_next + 1) % Most;
        return scalar;
    }
}
