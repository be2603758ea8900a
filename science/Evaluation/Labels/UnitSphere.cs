using System.Numerics;

namespace Ism.Evaluation.Labels;

/// <summary>Evenly spread directions (a Fibonacci spiral), and how many of them are uncovered around an atom. For one thread.</summary>
internal sealed class UnitSphere
{
    private readonly float[] _x;
    private readonly float[] _y;
    private readonly float[] _z;
    private readonly float[] _open;
    private readonly int _count;
    private float[] _squared = new float[256];

    public UnitSphere(int count)
    {
        // Filled up to whole vectors: what lies beyond the last point is never open.
        var room = (count + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
        (_x, _y, _z, _open, _count) = (new float[room], new float[room], new float[room], new float[room], count);
        var turn = Math.PI * (3 - Math.Sqrt(5));
        for (var i = 0; i < count; i++)
        {
            var height = 1 - (((2 * i) + 1) / (double)count);
            var width = Math.Sqrt(1 - (height * height));
            (_x[i], _y[i], _z[i]) = ((float)(width * Math.Cos(i * turn)), (float)(width * Math.Sin(i * turn)), (float)height);
        }
    }

    /// <summary>Points of an atom's sphere that none of the spheres nearby covers. Reorders <paramref name="near"/>.</summary>
    public int Uncovered(Points places, float[] radii, int atom, Span<int> near)
    {
        var own = radii[atom];
        var touching = Touching(places, radii, atom, near);

        // The nearest cover most: an atom inside is covered after a few of them.
        _squared.AsSpan(0, touching).Sort(near[..touching]);
        _open.AsSpan(0, _count).Fill(1);
        _open.AsSpan(_count).Clear();
        for (var i = 0; i < touching; i++)
        {
            var other = near[i];

            // |own u - d|² < other² is u·d > (own² + d² - other²) / 2 own.
            var limit = ((own * own) + _squared[i] - (radii[other] * radii[other])) / (2 * own);
            if (!Cover(places.X[other] - places.X[atom], places.Y[other] - places.Y[atom], places.Z[other] - places.Z[atom], limit))
            {
                return 0;
            }
        }

        return (int)MathF.Round(Sum());
    }

    // Moves the atoms whose spheres overlap to the front, their squared distances beside them.
    private int Touching(Points places, float[] radii, int atom, Span<int> near)
    {
        if (_squared.Length < near.Length)
        {
            _squared = new float[near.Length * 2];
        }

        var touching = 0;
        foreach (var other in near)
        {
            var (dx, dy, dz) = (places.X[other] - places.X[atom], places.Y[other] - places.Y[atom], places.Z[other] - places.Z[atom]);
            var (squared, sum) = ((dx * dx) + (dy * dy) + (dz * dz), radii[atom] + radii[other]);

            // Two atoms at one place are one atom written twice.
            if (squared < sum * sum && squared >= 1e-4f)
            {
                near[touching] = other;
                _squared[touching++] = squared;
            }
        }

        return touching;
    }

    // Whether anything is left open.
    private bool Cover(float dx, float dy, float dz, float limit)
    {
        var (vx, vy, vz, bound) = (new Vector<float>(dx), new Vector<float>(dy), new Vector<float>(dz), new Vector<float>(limit));
        var left = Vector<float>.Zero;
        for (var p = 0; p < _x.Length; p += Vector<float>.Count)
        {
            var along = (new Vector<float>(_x, p) * vx) + (new Vector<float>(_y, p) * vy) + (new Vector<float>(_z, p) * vz);
            var open = Vector.ConditionalSelect(Vector.GreaterThan(along, bound), Vector<float>.Zero, new Vector<float>(_open, p));
            open.CopyTo(_open, p);
            left += open;
        }

        return Vector.Sum(left) > 0;
    }

    private float Sum()
    {
        var total = Vector<float>.Zero;
        for (var p = 0; p < _open.Length; p += Vector<float>.Count)
        {
            total += new Vector<float>(_open, p);
        }

        return Vector.Sum(total);
    }
}
