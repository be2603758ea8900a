using System.Runtime.Intrinsics;

namespace Ism.Models.Kernels;

/// <summary>Rows of one head of one sequence, moved between a tensor [T, H * d] and float32 scratch memory.</summary>
/// <param name="memory">The tensor's first byte.</param>
/// <param name="first">Element at which the head's first row begins.</param>
/// <param name="stride">Elements from one row to the next.</param>
/// <param name="width">d.</param>
internal readonly unsafe struct HeadRows<T>(byte* memory, long first, long stride, int width) where T : struct, IStored
{
    private const int Vector = 8;
    private readonly byte* _memory = memory;
    private readonly long _first = first;
    private readonly long _stride = stride;
    private readonly int _width = width;

    /// <summary>Rows [from, from + count) and columns [column, column + columns) as [padded, wide], filled up with zeros.</summary>
    public void ToRows(int from, int count, int padded, int column, int columns, int wide, float* to)
    {
        for (var row = 0; row < count; row++, to += wide)
        {
            var at = _first + ((from + row) * _stride) + column;
            var i = 0;
            for (; i <= columns - Vector; i += Vector)
            {
                T.Load(_memory, at + i).Store(to + i);
            }

            for (; i < wide; i++)
            {
                to[i] = i < columns ? T.LoadOne(_memory, at + i) : 0;
            }
        }

        new Span<float>(to, (padded - count) * wide).Clear();
    }

    /// <summary>Rows [from, from + count) turned, [high, padded], times a factor and filled up with zeros; <c>high</c> is at least
    /// d.</summary>
    public void ToColumns(int from, int count, int padded, int high, float factor, float* to)
    {
        var eight = stackalloc float[Vector];
        for (var row = 0; row < padded; row++)
        {
            var at = _first + ((from + row) * _stride);
            var i = 0;
            for (; i <= _width - Vector && row < count; i += Vector)
            {
                (T.Load(_memory, at + i) * factor).Store(eight);
                var column = to + ((long)i * padded) + row;
                for (var j = 0; j < Vector; j++)
                {
                    column[(long)j * padded] = eight[j];
                }
            }

            for (; i < high; i++)
            {
                to[((long)i * padded) + row] = row < count && i < _width ? T.LoadOne(_memory, at + i) * factor : 0;
            }
        }
    }

    /// <summary>Writes rows from [., wide] to columns [column, column + columns).</summary>
    public void FromRows(float* from, int wide, int count, int column, int columns)
    {
        for (var row = 0; row < count; row++, from += wide)
        {
            Put(from, _first + (row * _stride) + column, columns);
        }
    }

    /// <summary>Writes rows [at, at + count) from [d, padded], the columns turned.</summary>
    public void FromColumns(float* from, int padded, int at, int count)
    {
        var turned = stackalloc float[_width];
        for (var row = 0; row < count; row++)
        {
            for (var i = 0; i < _width; i++)
            {
                turned[i] = from[((long)i * padded) + row];
            }

            Put(turned, _first + ((at + row) * _stride), _width);
        }
    }

    private void Put(float* values, long at, int count)
    {
        var i = 0;
        for (; i <= count - Vector; i += Vector)
        {
            T.Store(_memory, at + i, Vector256.Load(values + i));
        }

        for (; i < count; i++)
        {
            T.StoreOne(_memory, at + i, values[i]);
        }
    }
}
