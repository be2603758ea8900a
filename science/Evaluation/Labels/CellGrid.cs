namespace Ism.Evaluation.Labels;

/// <summary>
/// Points in cubic cells, so that neighbours are found without looking at all pairs. Points keep the caller's indices; within a cell
/// they lie together, ordered by index.
/// </summary>
internal sealed class CellGrid
{
    // Keeps the table of cells small for structures that are spread out: cells grow instead.
    private const int MostCells = 1 << 21;

    private readonly int[] _first;
    private readonly int[] _order;
    private readonly float[] _x;
    private readonly float[] _y;
    private readonly float[] _z;
    private readonly float _edge;
    private readonly float _lowX;
    private readonly float _lowY;
    private readonly float _lowZ;
    private readonly int _countX;
    private readonly int _countY;
    private readonly int _countZ;

    /// <param name="x">x of each point, finite.</param>
    /// <param name="y">y.</param>
    /// <param name="z">z.</param>
    /// <param name="reach">The longest distance that will be asked for, Å.</param>
    public CellGrid(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, float reach)
    {
        var (lowX, highX) = Range(x);
        var (lowY, highY) = Range(y);
        var (lowZ, highZ) = Range(z);
        (_lowX, _lowY, _lowZ) = (lowX, lowY, lowZ);
        _edge = reach;
        while (true)
        {
            var (nx, ny, nz) = (Cells(highX - lowX), Cells(highY - lowY), Cells(highZ - lowZ));
            if (nx * ny * nz <= MostCells)
            {
                (_countX, _countY, _countZ) = ((int)nx, (int)ny, (int)nz);
                break;
            }

            _edge *= 1.5f;
        }

        var cells = new int[x.Length];
        _first = new int[(_countX * _countY * _countZ) + 1];
        for (var i = 0; i < x.Length; i++)
        {
            cells[i] = Cell(At(x[i], lowX, _countX), At(y[i], lowY, _countY), At(z[i], lowZ, _countZ));
            _first[cells[i] + 1]++;
        }

        for (var cell = 1; cell < _first.Length; cell++)
        {
            _first[cell] += _first[cell - 1];
        }

        (_order, _x, _y, _z) = (new int[x.Length], new float[x.Length], new float[x.Length], new float[x.Length]);
        var next = _first.AsSpan().ToArray();
        for (var i = 0; i < x.Length; i++)
        {
            var place = next[cells[i]]++;
            (_order[place], _x[place], _y[place], _z[place]) = (i, x[i], y[i], z[i]);
        }
    }

    /// <summary>Indices of the points within a distance of a place, up to the reach of the grid, in no particular order; the point at
    /// the place itself is one of them. Returns how many were written.</summary>
    public int Within(float x, float y, float z, float distance, ref int[] found)
    {
        var limit = distance * distance;
        var (cx, cy, cz) = (At(x, _lowX, _countX), At(y, _lowY, _countY), At(z, _lowZ, _countZ));
        var (fromX, toX) = (Math.Max(0, cx - 1), Math.Min(_countX - 1, cx + 1));
        var count = 0;
        for (var iz = Math.Max(0, cz - 1); iz <= Math.Min(_countZ - 1, cz + 1); iz++)
        {
            for (var iy = Math.Max(0, cy - 1); iy <= Math.Min(_countY - 1, cy + 1); iy++)
            {
                var (start, end) = (_first[Cell(fromX, iy, iz)], _first[Cell(toX, iy, iz) + 1]);
                if (found.Length < count + end - start)
                {
                    Array.Resize(ref found, Math.Max(2 * found.Length, count + end - start));
                }

                for (var place = start; place < end; place++)
                {
                    var (dx, dy, dz) = (_x[place] - x, _y[place] - y, _z[place] - z);
                    if ((dx * dx) + (dy * dy) + (dz * dz) <= limit)
                    {
                        found[count++] = _order[place];
                    }
                }
            }
        }

        return count;
    }

    private static (float Low, float High) Range(ReadOnlySpan<float> values)
    {
        var (low, high) = (float.MaxValue, float.MinValue);
        foreach (var value in values)
        {
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        }

        return values.IsEmpty ? (0, 0) : (low, high);
    }

    private double Cells(float extent) => Math.Floor(extent / (double)_edge) + 1;

    private int At(float value, float low, int count) => Math.Clamp((int)((value - low) / _edge), 0, count - 1);

    private int Cell(int x, int y, int z) => x + (_countX * (y + (_countY * z)));
}
