using Ism.Structures;
using static TorchSharp.torch;

namespace Ism.Models.Autoencoder;

/// <summary>
/// Microenvironments padded to the same number of atoms. Padded atoms have element X, coordinates 0 and no influence on any
/// result.
/// Owns its tensors. The number of padded atoms is at least 1, also where every environment is empty.
/// </summary>
public sealed class AtomBatch : IDisposable
{
    /// <summary>Copies environments into padded tensors.</summary>
    /// <param name="environments">Elements (0..6 = C, H, N, O, P, S, X) and coordinates (n x 3, Å) of each environment.</param>
    /// <param name="dtype">float32 or float64, as the model.</param>
    /// <param name="device">Where the model is.</param>
    /// <exception cref="ArgumentException">No environment, or coordinates that do not fit the elements, or an unknown
    /// element.</exception>
    public AtomBatch(IReadOnlyList<Microenvironment> environments, ScalarType dtype, Device? device = null)
    {
        if (environments.Count == 0)
        {
            throw new ArgumentException("a batch needs at least one environment", nameof(environments));
        }

        Environments = environments.Count;
        Atoms = Math.Max(1, environments.Max(environment => environment.Count));
        var elements = new long[Environments * Atoms];
        var coordinates = new float[Environments * Atoms * 3];
        var mask = new bool[Environments * Atoms];
        var counts = new long[Environments];
        Array.Fill(elements, AutoencoderShape.Elements - 1);
        for (var e = 0; e < Environments; e++)
        {
            var cloud = environments[e];
            Check(cloud);
            for (var i = 0; i < cloud.Count; i++)
            {
                elements[(e * Atoms) + i] = cloud.Elements[i];
            }

            cloud.Coordinates.CopyTo(coordinates.AsSpan(e * Atoms * 3));
            mask.AsSpan(e * Atoms, cloud.Count).Fill(true);
            counts[e] = cloud.Count;
            UsefulAtoms += cloud.Count;
        }

        var place = device ?? CPU;
        Elements = Kept(tensor(elements, [Environments, Atoms]), ScalarType.Int64, place);
        Coordinates = Kept(tensor(coordinates, [Environments, Atoms, 3]), dtype, place);
        Mask = Kept(tensor(mask, [Environments, Atoms]), ScalarType.Bool, place);
        Counts = Kept(tensor(counts), dtype, place);
    }

    /// <summary>Number of environments B.</summary>
    public int Environments { get; }

    /// <summary>Padded atoms per environment n.</summary>
    public int Atoms { get; }

    /// <summary>Atoms that are not padding.</summary>
    public long UsefulAtoms { get; }

    /// <summary>True where an environment has fewer than <see cref="Atoms"/> atoms.</summary>
    public bool Padded => UsefulAtoms != (long)Environments * Atoms;

    /// <summary>[B, n] int64.</summary>
    public Tensor Elements { get; }

    /// <summary>[B, n, 3] in Å.</summary>
    public Tensor Coordinates { get; }

    /// <summary>[B, n] bool, true for atoms.</summary>
    public Tensor Mask { get; }

    /// <summary>[B] atoms per environment, in the model's dtype.</summary>
    public Tensor Counts { get; }

    public void Dispose()
    {
        Elements.Dispose();
        Coordinates.Dispose();
        Mask.Dispose();
        Counts.Dispose();
    }

    internal static void Check(Microenvironment environment)
    {
        if (environment.Coordinates.Length != 3 * environment.Elements.Length)
        {
            throw new ArgumentException(
                $"an environment has {environment.Elements.Length} elements but {environment.Coordinates.Length} coordinates: "
                + "needs 3 an atom");
        }

        if (environment.Elements.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)(AutoencoderShape.Elements - 1)))
        {
            throw new ArgumentException(
                $"an environment has an element code above {AutoencoderShape.Elements - 1}: map other elements to X (6)");
        }
    }

    private static Tensor Kept(Tensor made, ScalarType dtype, Device device)
    {
        var placed = made.to(dtype, device).DetachFromDisposeScope();
        if (!ReferenceEquals(placed, made))
        {
            made.Dispose();
        }

        return placed;
    }
}
