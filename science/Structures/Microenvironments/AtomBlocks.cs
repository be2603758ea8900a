using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ism.Structures;

/// <summary>
/// The atoms of a structure in its own order, sixteen to a block and sixteen blocks to a group, each with the box around its atoms. A
/// chain is continuous, so its blocks are compact; a search looks at the boxes first, and what it finds is already in the order of the
/// structure. Where the file's order is not one of space the search is slower, never wrong. Reused from structure to structure by one
/// thread.
/// </summary>
internal sealed class AtomBlocks
{
    /// <summary>Atoms of a block, blocks of a group: one vector.</summary>
    public const int Size = 16;

    // Boxes are compared with rounding errors of their own: a little more radius than the atoms get.
    private const float Slack = 1.0001f;

    private float[] _atoms = [];
    private float[] _blocks = [];
    private float[] _groups = [];
    private int _count;
    private int _blockStride;
    private int _groupStride;

    /// <summary>Takes over a structure's atoms.</summary>
    public void Build(AtomTable atoms)
    {
        _count = atoms.Count;
        var blocks = (_count + Size - 1) / Size;
        var groups = (blocks + Size - 1) / Size;
        var stride = blocks * Size;
        (_blockStride, _groupStride) = (groups * Size, (groups + Size - 1) / Size * Size);
        Reserve(ref _atoms, 3 * stride);
        Reserve(ref _blocks, 6 * _blockStride);
        Reserve(ref _groups, 6 * _groupStride);

        // What is behind the last atom is near nothing: every comparison with NaN is false.
        for (var axis = 0; axis < 3; axis++)
        {
            var values = axis == 0 ? atoms.X : axis == 1 ? atoms.Y : atoms.Z;
            values.AsSpan(0, _count).CopyTo(_atoms.AsSpan(axis * stride));
            _atoms.AsSpan((axis * stride) + _count, stride - _count).Fill(float.NaN);
            BoxAtoms(_atoms.AsSpan(axis * stride, _count), _blocks.AsSpan(2 * axis * _blockStride, 2 * _blockStride), _blockStride);
            Box(_blocks.AsSpan(2 * axis * _blockStride, 2 * _blockStride), _blockStride, blocks,
                _groups.AsSpan(2 * axis * _groupStride, 2 * _groupStride), _groupStride);
        }

        AtomStride = stride;
    }

    /// <summary>Atoms, padded to whole blocks.</summary>
    public int AtomStride { get; private set; }

    /// <summary>Lists the atoms within the radius of a point (the radius included, in float32), ascending.</summary>
    /// <param name="x">x of the point in Å.</param>
    /// <param name="y">y.</param>
    /// <param name="z">z.</param>
    /// <param name="squaredRadius">Square of the radius.</param>
    /// <param name="leftOutFirst">First of a run of atoms that is left out.</param>
    /// <param name="leftOutEnd">End of that run.</param>
    /// <param name="found">Room for all atoms and one vector more.</param>
    /// <returns>How many were found.</returns>
    public int Find(float x, float y, float z, float squaredRadius, int leftOutFirst, int leftOutEnd, Span<int> found)
    {
        var point = new Point(x, y, z);
        var wide = squaredRadius * Slack;
        ref var atoms = ref MemoryMarshal.GetArrayDataReference(_atoms);
        ref var to = ref MemoryMarshal.GetReference(found);
        var count = 0;
        for (var group = 0; group < _groupStride; group += Size)
        {
            for (var groups = NearBoxes(_groups, _groupStride, group, point, wide); groups != 0; groups &= groups - 1)
            {
                var block = (group + System.Numerics.BitOperations.TrailingZeroCount(groups)) * Size;
                for (var blocks = NearBoxes(_blocks, _blockStride, block, point, wide); blocks != 0; blocks &= blocks - 1)
                {
                    var first = (block + System.Numerics.BitOperations.TrailingZeroCount(blocks)) * Size;
                    var near = NearAtoms(ref atoms, first, point, squaredRadius);
                    if (first < leftOutEnd && first + Size > leftOutFirst)
                    {
                        near &= ~Run(leftOutFirst - first, leftOutEnd - first);
                    }

                    count += Hits.Write(near, first, ref Unsafe.Add(ref to, count));
                }
            }
        }

        return count;
    }

    // Bits from..to-1 of sixteen, either of which may lie outside.
    private static uint Run(int from, int to) => (uint)((1 << Math.Clamp(to, 0, Size)) - (1 << Math.Clamp(from, 0, Size)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint NearBoxes(float[] boxes, int stride, int first, in Point point, float squaredRadius)
    {
        ref var low = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(boxes), first);
        if (Vector512.IsHardwareAccelerated)
        {
            var dx = Outside(ref low, stride, 0, point.X);
            var dy = Outside(ref low, stride, 2, point.Y);
            var dz = Outside(ref low, stride, 4, point.Z);
            return (uint)Vector512.LessThanOrEqual((dx * dx) + (dy * dy) + (dz * dz), Vector512.Create(squaredRadius))
                .ExtractMostSignificantBits();
        }

        uint near = 0;
        for (var half = 0; half < Size; half += Vector256<float>.Count)
        {
            ref var from = ref Unsafe.Add(ref low, half);
            var dx = OutsideHalf(ref from, stride, 0, point.X);
            var dy = OutsideHalf(ref from, stride, 2, point.Y);
            var dz = OutsideHalf(ref from, stride, 4, point.Z);
            near |= Vector256.LessThanOrEqual((dx * dx) + (dy * dy) + (dz * dz), Vector256.Create(squaredRadius))
                .ExtractMostSignificantBits() << half;
        }

        return near;
    }

    // How far a coordinate lies outside of sixteen intervals; NaN where there is no box (MaxNative gives its second operand then).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Outside(ref float low, int stride, int row, float value)
    {
        var below = Vector512.LoadUnsafe(ref Unsafe.Add(ref low, row * stride)) - Vector512.Create(value);
        var above = Vector512.Create(value) - Vector512.LoadUnsafe(ref Unsafe.Add(ref low, (row + 1) * stride));
        return Vector512.MaxNative(Vector512<float>.Zero, Vector512.MaxNative(below, above));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> OutsideHalf(ref float low, int stride, int row, float value)
    {
        var below = Vector256.LoadUnsafe(ref Unsafe.Add(ref low, row * stride)) - Vector256.Create(value);
        var above = Vector256.Create(value) - Vector256.LoadUnsafe(ref Unsafe.Add(ref low, (row + 1) * stride));
        return Vector256.MaxNative(Vector256<float>.Zero, Vector256.MaxNative(below, above));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint NearAtoms(ref float atoms, int first, in Point point, float squaredRadius)
    {
        ref var x = ref Unsafe.Add(ref atoms, first);
        if (Vector512.IsHardwareAccelerated)
        {
            var dx = Vector512.LoadUnsafe(ref x) - Vector512.Create(point.X);
            var dy = Vector512.LoadUnsafe(ref Unsafe.Add(ref x, AtomStride)) - Vector512.Create(point.Y);
            var dz = Vector512.LoadUnsafe(ref Unsafe.Add(ref x, 2 * AtomStride)) - Vector512.Create(point.Z);
            return (uint)Vector512.LessThanOrEqual((dx * dx) + (dy * dy) + (dz * dz), Vector512.Create(squaredRadius))
                .ExtractMostSignificantBits();
        }

        uint near = 0;
        for (var half = 0; half < Size; half += Vector256<float>.Count)
        {
            ref var from = ref Unsafe.Add(ref x, half);
            var dx = Vector256.LoadUnsafe(ref from) - Vector256.Create(point.X);
            var dy = Vector256.LoadUnsafe(ref Unsafe.Add(ref from, AtomStride)) - Vector256.Create(point.Y);
            var dz = Vector256.LoadUnsafe(ref Unsafe.Add(ref from, 2 * AtomStride)) - Vector256.Create(point.Z);
            near |= Vector256.LessThanOrEqual((dx * dx) + (dy * dy) + (dz * dz), Vector256.Create(squaredRadius))
                .ExtractMostSignificantBits() << half;
        }

        return near;
    }

    private static void BoxAtoms(ReadOnlySpan<float> values, Span<float> boxes, int stride)
    {
        boxes.Fill(float.NaN);
        for (int block = 0, first = 0; first < values.Length; block++, first += Size)
        {
            var (low, high) = (float.MaxValue, float.MinValue);
            foreach (var value in values[first..Math.Min(first + Size, values.Length)])
            {
                low = value < low ? value : low;
                high = value > high ? value : high;
            }

            (boxes[block], boxes[stride + block]) = (low, high);
        }
    }

    private static void Box(ReadOnlySpan<float> inner, int innerStride, int count, Span<float> boxes, int stride)
    {
        boxes.Fill(float.NaN);
        for (int group = 0, first = 0; first < count; group++, first += Size)
        {
            var (low, high) = (inner[first], inner[innerStride + first]);
            for (var block = first + 1; block < Math.Min(first + Size, count); block++)
            {
                low = Math.Min(low, inner[block]);
                high = Math.Max(high, inner[innerStride + block]);
            }

            (boxes[group], boxes[stride + group]) = (low, high);
        }
    }

    private static void Reserve(ref float[] values, int length)
    {
        if (values.Length < length)
        {
            values = GC.AllocateUninitializedArray<float>(length + (length / 4));
        }
    }

    private readonly record struct Point(float X, float Y, float Z);
}
