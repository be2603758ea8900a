using System.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>Between bond lengths, angles, torsions and Cartesian coordinates. Lengths in Å, angles in degrees.</summary>
internal static class InternalCoordinates
{
    private const float Radians = MathF.PI / 180;

    /// <summary>
    /// The atom bonded to <paramref name="c"/> with the angle b-c-atom and the torsion a-b-c-atom (natural extension reference
    /// frame; Parsons et al. 2005).
    /// </summary>
    public static Vector3 Place(Vector3 a, Vector3 b, Vector3 c, float length, float angle, float torsion)
    {
        var along = Vector3.Normalize(c - b);
        var normal = Vector3.Normalize(Vector3.Cross(b - a, along));
        var side = Vector3.Cross(normal, along);
        var (sinAngle, cosAngle) = MathF.SinCos(angle * Radians);
        var (sinTorsion, cosTorsion) = MathF.SinCos(torsion * Radians);
        return c + (length * ((-cosAngle * along) + (sinAngle * cosTorsion * side) + (sinAngle * sinTorsion * normal)));
    }

    /// <summary>The angle a-b-c.</summary>
    public static float Angle(Vector3 a, Vector3 b, Vector3 c)
    {
        var (u, v) = (a - b, c - b);
        return MathF.Atan2(Vector3.Cross(u, v).Length(), Vector3.Dot(u, v)) / Radians;
    }

    /// <summary>The torsion a-b-c-d in (-180, 180] (IUPAC sign).</summary>
    public static float Torsion(Vector3 a, Vector3 b, Vector3 c, Vector3 d)
    {
        var axis = c - b;
        var first = Vector3.Cross(b - a, axis);
        var second = Vector3.Cross(axis, d - c);
        return MathF.Atan2(Vector3.Dot(b - a, second) * axis.Length(), Vector3.Dot(first, second)) / Radians;
    }
}
