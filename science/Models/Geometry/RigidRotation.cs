namespace Ism.Models.Geometry;

/// <summary>
/// The proper rotation that brings one centred cloud onto another, from their 3 x 3 covariance: the quaternion that belongs to
/// the
/// largest eigenvalue of Horn's symmetric 4 x 4 matrix (Horn 1987, J. Opt. Soc. Am. A 4:629), found by Jacobi rotations. A unit
/// quaternion is always a proper rotation, so planar, collinear and single-point clouds need no special case.
/// </summary>
internal static class RigidRotation
{
    private const int Sweeps = 30;

    /// <summary>Off-diagonal entries below this are zero: the matrix is scaled to entries of about 1.</summary>
    private const double Negligible = 1e-20;

    /// <summary>R (row by row) that maximises sum_i a_i . R b_i.</summary>
    /// <param name="covariance">S = sum_i b_i a_i^T, row by row: S[r, c] = sum_i b_i[r] a_i[c].</param>
    /// <param name="rotation">Nine values to fill. The identity where the covariance is zero or not finite.</param>
    public static void Solve(ReadOnlySpan<double> covariance, Span<double> rotation)
    {
        var largest = 0.0;
        foreach (var value in covariance)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        if (!(largest > 0) || !double.IsFinite(largest))
        {
            rotation.Clear();
            rotation[0] = rotation[4] = rotation[8] = 1;
            return;
        }

        Span<double> matrix = stackalloc double[16];
        Span<double> vectors = stackalloc double[16];
        Horn(covariance, 1 / largest, matrix);
        Diagonalise(matrix, vectors);
        var best = 0;
        for (var i = 1; i < 4; i++)
        {
            best = matrix[5 * i] > matrix[5 * best] ? i : best;
        }

        FromQuaternion(vectors[best], vectors[4 + best], vectors[8 + best], vectors[12 + best], rotation);
    }

    private static void Horn(ReadOnlySpan<double> s, double scale, Span<double> matrix)
    {
        double xx = s[0] * scale, xy = s[1] * scale, xz = s[2] * scale;
        double yx = s[3] * scale, yy = s[4] * scale, yz = s[5] * scale;
        double zx = s[6] * scale, zy = s[7] * scale, zz = s[8] * scale;
        ReadOnlySpan<double> filled =
        [
            xx + yy + zz, yz - zy, zx - xz, xy - yx,
            yz - zy, xx - yy - zz, xy + yx, zx + xz,
            zx - xz, xy + yx, yy - xx - zz, yz + zy,
            xy - yx, zx + xz, yz + zy, zz - xx - yy,
        ];
        filled.CopyTo(matrix);
    }

    /// <summary>Cyclic Jacobi: the matrix becomes diagonal, column k of the vectors is the eigenvector of entry k.</summary>
    private static void Diagonalise(Span<double> a, Span<double> vectors)
    {
        vectors.Clear();
        vectors[0] = vectors[5] = vectors[10] = vectors[15] = 1;
        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            var rotated = false;
            for (var p = 0; p < 3; p++)
            {
                for (var q = p + 1; q < 4; q++)
                {
                    rotated |= Annihilate(a, vectors, p, q);
                }
            }

            if (!rotated)
            {
                return;
            }
        }
    }

    private static bool Annihilate(Span<double> a, Span<double> vectors, int p, int q)
    {
        var offDiagonal = a[(4 * p) + q];
        if (Math.Abs(offDiagonal) < Negligible)
        {
            return false;
        }

        var theta = (a[5 * q] - a[5 * p]) / (2 * offDiagonal);
        var tangent = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        var cosine = 1 / Math.Sqrt((tangent * tangent) + 1);
        var sine = tangent * cosine;
        for (var k = 0; k < 4; k++)
        {
            (a[(4 * k) + p], a[(4 * k) + q]) = Rotate(a[(4 * k) + p], a[(4 * k) + q], cosine, sine);
        }

        for (var k = 0; k < 4; k++)
        {
            (a[(4 * p) + k], a[(4 * q) + k]) = Rotate(a[(4 * p) + k], a[(4 * q) + k], cosine, sine);
            (vectors[(4 * k) + p], vectors[(4 * k) + q]) =
                Rotate(vectors[(4 * k) + p], vectors[(4 * k) + q], cosine, sine);
        }

        a[(4 * p) + q] = a[(4 * q) + p] = 0;
        return Math.Abs(sine) > 0;
    }

    private static (double P, double Q) Rotate(double p, double q, double cosine, double sine) =>
        ((cosine * p) - (sine * q), (sine * p) + (cosine * q));

    private static void FromQuaternion(double w, double x, double y, double z, Span<double> r)
    {
        var norm = 1 / Math.Sqrt((w * w) + (x * x) + (y * y) + (z * z));
        (w, x, y, z) = (w * norm, x * norm, y * norm, z * norm);
        r[0] = (w * w) + (x * x) - (y * y) - (z * z);
        r[1] = 2 * ((x * y) - (w * z));
        r[2] = 2 * ((x * z) + (w * y));
        r[3] = 2 * ((x * y) + (w * z));
        r[4] = (w * w) - (x * x) + (y * y) - (z * z);
        r[5] = 2 * ((y * z) - (w * x));
        r[6] = 2 * ((x * z) - (w * y));
        r[7] = 2 * ((y * z) + (w * x));
        r[8] = (w * w) - (x * x) - (y * y) + (z * z);
    }
}
