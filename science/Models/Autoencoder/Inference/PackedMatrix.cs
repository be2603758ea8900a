using System.Runtime.Intrinsics;

namespace Ism.Models.Autoencoder.Inference;

/// <summary>
/// A float32 weight for products with tall narrow matrices: its columns in panels of 32 that fit the first-level cache, eight rows of the
/// other side at a time. A row's result does not depend on the other rows.
/// </summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private const int Columns = 2 * Lanes.Count;
    private const int Rows = 8;
    private readonly AlignedFloats _panels;
    private readonly int _inputs;
    private readonly int _outputs;

    /// <param name="weight">[outputs, inputs], row by row.</param>
    /// <param name="outputs">A multiple of sixteen.</param>
    /// <param name="inputs">Columns of the other side.</param>
    public PackedMatrix(ReadOnlySpan<float> weight, int outputs, int inputs)
    {
        (_outputs, _inputs) = (outputs, inputs);
        var panels = (outputs + Columns - 1) / Columns;
        _panels = new AlignedFloats((long)panels * Columns * inputs);
        var to = _panels.Pointer;
        for (var panel = 0; panel < panels; panel++)
        {
            for (var k = 0; k < inputs; k++)
            {
                for (var c = 0; c < Columns; c++)
                {
                    var column = (panel * Columns) + c;
                    *to++ = column < outputs ? weight[(column * inputs) + k] : 0;
                }
            }
        }
    }

    /// <summary>y = x W^T.</summary>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="y">[rows, outputs].</param>
    public void Multiply(float* x, long rows, float* y)
    {
        for (var column = 0; column < _outputs; column += Columns)
        {
            var panel = _panels.Pointer + ((long)column * _inputs);
            for (long row = 0; row < rows; row += Rows)
            {
                Block(x + (row * _inputs), (int)Math.Min(Rows, rows - row), panel, y + (row * _outputs) + column,
                    _outputs - column >= Columns);
            }
        }
    }

    public void Dispose() => _panels.Dispose();

    private void Block(float* x, int rows, float* panel, float* y, bool both)
    {
        // Past the last row it is done again, and not stored.
        var (last, inputs) = (rows - 1, (long)_inputs);
        float* x1 = x + (Math.Min(1, last) * inputs), x2 = x + (Math.Min(2, last) * inputs), x3 = x + (Math.Min(3, last) * inputs);
        float* x4 = x + (Math.Min(4, last) * inputs), x5 = x + (Math.Min(5, last) * inputs), x6 = x + (Math.Min(6, last) * inputs);
        var x7 = x + (Math.Min(7, last) * inputs);
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        Vector512<float> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default, b6 = default, b7 = default;
        for (long k = 0; k < inputs; k++, panel += Columns)
        {
            Vector512<float> a = Vector512.Load(panel), b = Vector512.Load(panel + Lanes.Count);
            var v = Vector512.Create(x[k]);
            (a0, b0) = (Vector512.FusedMultiplyAdd(a, v, a0), Vector512.FusedMultiplyAdd(b, v, b0));
            v = Vector512.Create(x1[k]);
            (a1, b1) = (Vector512.FusedMultiplyAdd(a, v, a1), Vector512.FusedMultiplyAdd(b, v, b1));
            v = Vector512.Create(x2[k]);
            (a2, b2) = (Vector512.FusedMultiplyAdd(a, v, a2), Vector512.FusedMultiplyAdd(b, v, b2));
            v = Vector512.Create(x3[k]);
            (a3, b3) = (Vector512.FusedMultiplyAdd(a, v, a3), Vector512.FusedMultiplyAdd(b, v, b3));
            v = Vector512.Create(x4[k]);
            (a4, b4) = (Vector512.FusedMultiplyAdd(a, v, a4), Vector512.FusedMultiplyAdd(b, v, b4));
            v = Vector512.Create(x5[k]);
            (a5, b5) = (Vector512.FusedMultiplyAdd(a, v, a5), Vector512.FusedMultiplyAdd(b, v, b5));
            v = Vector512.Create(x6[k]);
            (a6, b6) = (Vector512.FusedMultiplyAdd(a, v, a6), Vector512.FusedMultiplyAdd(b, v, b6));
            v = Vector512.Create(x7[k]);
            (a7, b7) = (Vector512.FusedMultiplyAdd(a, v, a7), Vector512.FusedMultiplyAdd(b, v, b7));
        }

        Put(a0, b0, y, both);
        Put(a1, b1, rows > 1 ? y + _outputs : null, both);
        Put(a2, b2, rows > 2 ? y + (2L * _outputs) : null, both);
        Put(a3, b3, rows > 3 ? y + (3L * _outputs) : null, both);
        Put(a4, b4, rows > 4 ? y + (4L * _outputs) : null, both);
        Put(a5, b5, rows > 5 ? y + (5L * _outputs) : null, both);
        Put(a6, b6, rows > 6 ? y + (6L * _outputs) : null, both);
        Put(a7, b7, rows > 7 ? y + (7L * _outputs) : null, both);
    }

    private static void Put(Vector512<float> a, Vector512<float> b, float* y, bool both)
    {
        if (y == null)
        {
            return;
        }

        a.Store(y);
        if (both)
        {
            b.Store(y + Lanes.Count);
        }
    }
}
