using Ism.Structures;

namespace Ism.Evaluation.Labels;

/// <summary>Coordinates in Å as three arrays.</summary>
internal readonly struct Points(int count)
{
    public float[] X { get; } = new float[count];

    public float[] Y { get; } = new float[count];

    public float[] Z { get; } = new float[count];

    public void Set(int index, AtomTable atoms, int atom) =>
        (X[index], Y[index], Z[index]) = (atoms.X[atom], atoms.Y[atom], atoms.Z[atom]);

    public static float Distance(Points a, int i, Points b, int j)
    {
        var (x, y, z) = (a.X[i] - b.X[j], a.Y[i] - b.Y[j], a.Z[i] - b.Z[j]);
        return MathF.Sqrt((x * x) + (y * y) + (z * z));
    }

    /// <summary>Angle in degrees between the directions i to j and k to l of one set of points.</summary>
    public double Angle(int i, int j, int k, int l)
    {
        double ux = X[j] - X[i], uy = Y[j] - Y[i], uz = Z[j] - Z[i];
        double vx = X[l] - X[k], vy = Y[l] - Y[k], vz = Z[l] - Z[k];
        var lengths = ((ux * ux) + (uy * uy) + (uz * uz)) * ((vx * vx) + (vy * vy) + (vz * vz));
        var cosine = lengths > 0 ? ((ux * vx) + (uy * vy) + (uz * vz)) / Math.Sqrt(lengths) : 0;
        return Math.Acos(Math.Clamp(cosine, -1, 1)) * 180 / Math.PI;
    }

    /// <summary>Torsion in degrees of four atoms (IUPAC sign), 360 where it is not defined.</summary>
    public static double Torsion(Points a, int i, Points b, int j, Points c, int k, Points d, int l)
    {
        double px = a.X[i] - b.X[j], py = a.Y[i] - b.Y[j], pz = a.Z[i] - b.Z[j];
        double qx = c.X[k] - b.X[j], qy = c.Y[k] - b.Y[j], qz = c.Z[k] - b.Z[j];
        double rx = d.X[l] - c.X[k], ry = d.Y[l] - c.Y[k], rz = d.Z[l] - c.Z[k];
        var (mx, my, mz) = ((py * qz) - (pz * qy), (pz * qx) - (px * qz), (px * qy) - (py * qx));
        var (nx, ny, nz) = ((ry * qz) - (rz * qy), (rz * qx) - (rx * qz), (rx * qy) - (ry * qx));
        var cosine = (mx * nx) + (my * ny) + (mz * nz);
        var sine = ((mx * rx) + (my * ry) + (mz * rz)) * Math.Sqrt((qx * qx) + (qy * qy) + (qz * qz));
        return cosine == 0 && sine == 0 ? 360 : -Math.Atan2(sine, cosine) * 180 / Math.PI;
    }
}
