using System.Buffers.Binary;

namespace Ism.Structures;

/// <summary>A place in Å, in double precision, and how the next atom of a chain is placed.</summary>
internal readonly record struct Point(double X, double Y, double Z)
{
    public static Point operator -(Point a, Point b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    public static Point operator +(Point a, Point b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z);

    public static Point operator *(double factor, Point a) => new(factor * a.X, factor * a.Y, factor * a.Z);

    /// <summary>Three float32, little-endian.</summary>
    public static Point Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadSingleLittleEndian(bytes),
        BinaryPrimitives.ReadSingleLittleEndian(bytes[4..]),
        BinaryPrimitives.ReadSingleLittleEndian(bytes[8..]));

    /// <summary>The atom d bonded to c, from three before it (natural extension reference frame; Parsons et al. 2005).</summary>
    /// <param name="a">First atom.</param>
    /// <param name="b">Second atom.</param>
    /// <param name="c">Third atom, to which the new one is bonded.</param>
    /// <param name="length">Length of the bond c-d, Å.</param>
    /// <param name="angle">Angle b-c-d, degrees.</param>
    /// <param name="torsion">Torsion a-b-c-d, degrees.</param>
    public static Point Place(Point a, Point b, Point c, double length, double angle, double torsion)
    {
        var (sine, cosine) = Math.SinCos(angle * Math.PI / 180);
        var (sineTorsion, cosineTorsion) = Math.SinCos(torsion * Math.PI / 180);
        var along = (c - b).Unit();
        var normal = (b - a).Cross(along).Unit();
        var across = normal.Cross(along);
        return c + -length * cosine * along + length * cosineTorsion * sine * across + length * sineTorsion * sine * normal;
    }

    /// <summary>The angle a-b-c in degrees.</summary>
    public static double Angle(Point a, Point b, Point c)
    {
        var (first, second) = (a - b, c - b);
        return Math.Acos(Math.Clamp(first.Dot(second) / Math.Sqrt(first.Dot(first) * second.Dot(second)), -1, 1)) * 180 / Math.PI;
    }

    public double Dot(Point other) => X * other.X + Y * other.Y + Z * other.Z;

    private Point Cross(Point other) =>
        new(Y * other.Z - Z * other.Y, Z * other.X - X * other.Z, X * other.Y - Y * other.X);

    private Point Unit() => 1 / Math.Sqrt(Dot(this)) * this;
}
