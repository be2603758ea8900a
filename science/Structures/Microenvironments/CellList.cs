namespace Ism.Structures;

/// <summary>
/// The atoms of a structure sorted into cubic cells at least as wide as the search radius, so that all atoms within it of a point
/// lie in the 27 cells around the point's own. Coordinates are copied in cell order, which makes a row of cells one contiguous
/// scan. Reused from structure to structure by one thread.
/// </summary>
internal sealed class CellList
{
    // A structure spread thinly over a huge box gets wider cells instead of more of them.
    private const int MostCells = 1 << 21;

    private int[] _starts = [];
    private int[] _cellOf = [];
    private float[] _x = [];
    private float[] _y = [];
    private float[] _z = [];
    private int[] _atom = [];
    private float _minX;
    private float _minY;
    private float _minZ;
    private float _inverseWidth;
    private int _nx;
    private int _ny;
    private int _nz;

    /// <summary>x of the sorted atoms.</summary>
    public ReadOnlySpan<float> X => _x;

    /// <summary>y of the sorted atoms.</summary>
    public ReadOnlySpan<float> Y => _y;

    /// <summary>z of the sorted atoms.</summary>
    public ReadOnlySpan<float> Z => _z;

    /// <summary>Index in the structure of every sorted atom.</summary>
    public ReadOnlySpan<int> Atom => _atom;

    public void Build(AtomTable atoms, float radius)
    {
        var count = atoms.Count;
        Reserve(count);
        (_minX, var maxX) = Bounds(atoms.X);
        (_minY, var maxY) = Bounds(atoms.Y);
        (_minZ, var maxZ) = Bounds(atoms.Z);

        // The slack keeps a pair at exactly the radius in neighbouring cells whatever the rounding of the division.
        var width = radius * 1.001f + 1e-3f;
        while (Cells(maxX - _minX, width) * Cells(maxY - _minY, width) * Cells(maxZ - _minZ, width) > MostCells)
        {
            width *= 1.5f;
        }

        _inverseWidth = 1 / width;
        _nx = (int)Cells(maxX - _minX, width);
        _ny = (int)Cells(maxY - _minY, width);
        _nz = (int)Cells(maxZ - _minZ, width);
        var cells = _nx * _ny * _nz;
        if (_starts.Length < cells + 1)
        {
            _starts = new int[cells + 1];
        }

        Sort(atoms, _starts.AsSpan(0, cells + 1));
    }

    /// <summary>The runs of sorted atoms [start, end) that can hold neighbours of a point: one per row of cells.</summary>
    /// <returns>How many of the nine runs are filled in.</returns>
    public int Runs(float x, float y, float z, Span<(int Start, int End)> runs)
    {
        var cx = Coordinate(x, _minX, _nx);
        var cy = Coordinate(y, _minY, _ny);
        var cz = Coordinate(z, _minZ, _nz);
        var (firstX, lastX) = (Math.Max(cx - 1, 0), Math.Min(cx + 1, _nx - 1));
        var count = 0;
        for (var j = Math.Max(cz - 1, 0); j <= Math.Min(cz + 1, _nz - 1); j++)
        {
            for (var i = Math.Max(cy - 1, 0); i <= Math.Min(cy + 1, _ny - 1); i++)
            {
                var row = (j * _ny + i) * _nx;
                var run = (Start: _starts[row + firstX], End: _starts[row + lastX + 1]);
                if (run.End > run.Start)
                {
                    runs[count++] = run;
                }
            }
        }

        return count;
    }

    private static double Cells(float extent, float width) => Math.Floor((double)extent / width) + 1;

    private static (float Min, float Max) Bounds(float[] values)
    {
        var (min, max) = (float.MaxValue, float.MinValue);
        foreach (var value in values)
        {
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }

        return (min, max);
    }

    private int Coordinate(float value, float min, int cells) => Math.Clamp((int)((value - min) * _inverseWidth), 0, cells - 1);

    private void Sort(AtomTable atoms, Span<int> starts)
    {
        starts.Clear();
        for (var i = 0; i < atoms.Count; i++)
        {
            var cell = (Coordinate(atoms.Z[i], _minZ, _nz) * _ny + Coordinate(atoms.Y[i], _minY, _ny)) * _nx
                + Coordinate(atoms.X[i], _minX, _nx);
            _cellOf[i] = cell;
            starts[cell + 1]++;
        }

        for (var cell = 1; cell < starts.Length; cell++)
        {
            starts[cell] += starts[cell - 1];
        }

        for (var i = 0; i < atoms.Count; i++)
        {
            var to = starts[_cellOf[i]]++;
            (_x[to], _y[to], _z[to], _atom[to]) = (atoms.X[i], atoms.Y[i], atoms.Z[i], i);
        }

        // Filling moved every start to its cell's end, the next cell's start.
        for (var cell = starts.Length - 1; cell > 0; cell--)
        {
            starts[cell] = starts[cell - 1];
        }

        starts[0] = 0;
    }

    private void Reserve(int count)
    {
        if (_x.Length < count)
        {
            (_x, _y, _z) = (new float[count], new float[count], new float[count]);
            (_atom, _cellOf) = (new int[count], new int[count]);
        }
    }
}
