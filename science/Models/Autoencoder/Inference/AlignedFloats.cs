using System.Runtime.InteropServices;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>float32 memory outside the managed heap that begins on a cache line, so that no vector of it lies across two.</summary>
internal sealed unsafe class AlignedFloats : IDisposable
{
    private const int CacheLine = 64;

    /// <summary>Uninitialised memory.</summary>
    public AlignedFloats(long length)
    {
        Length = Math.Max(1, length);
        Pointer = (float*)NativeMemory.AlignedAlloc((nuint)(Length * sizeof(float)), CacheLine);
    }

    /// <summary>A copy.</summary>
    public AlignedFloats(ReadOnlySpan<float> values)
        : this(values.Length) => values.CopyTo(new Span<float>(Pointer, values.Length));

    ~AlignedFloats() => Free();

    /// <summary>Floats that it holds.</summary>
    public long Length { get; }

    /// <summary>Its first float.</summary>
    public float* Pointer { get; private set; }

    /// <summary>The same memory where it is large enough, else larger memory in its place; what it held is lost.</summary>
    public static AlignedFloats AtLeast(AlignedFloats? present, long length)
    {
        if (present is not null && present.Length >= length)
        {
            return present;
        }

        present?.Dispose();
        return new AlignedFloats(length);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
