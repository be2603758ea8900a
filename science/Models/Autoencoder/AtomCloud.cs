namespace Ism.Models.Autoencoder;

/// <summary>The atoms of one microenvironment as the model sees them; a view, nothing is copied.</summary>
/// <param name="Elements">n elements, 0..6 = C, H, N, O, P, S, X.</param>
/// <param name="Coordinates">n x 3, Å, row by row.</param>
/// <param name="AminoAcid">The masked residue: an index in "ACDEFGHIKLMNPQRSTVWY", or 20 where it is unknown.</param>
public readonly record struct AtomCloud(ReadOnlyMemory<byte> Elements, ReadOnlyMemory<float> Coordinates, byte AminoAcid)
{
    /// <summary>Number of atoms n; may be 0.</summary>
    public int Count => Elements.Length;

    /// <summary>False where the residue's type is none of the twenty: it then has no part in the amino acid loss.</summary>
    public bool AminoAcidKnown => AminoAcid < AutoencoderShape.AminoAcids;

    /// <exception cref="ArgumentException">The lengths do not fit, or an element is not one of the seven.</exception>
    internal void Check()
    {
        if (Coordinates.Length != 3 * Elements.Length)
        {
            throw new ArgumentException(
                $"an environment has {Elements.Length} elements but {Coordinates.Length} coordinates: needs 3 an atom");
        }

        if (Elements.Span.ContainsAnyExceptInRange((byte)0, (byte)(AutoencoderShape.Elements - 1)))
        {
            throw new ArgumentException(
                $"an environment has an element code above {AutoencoderShape.Elements - 1}: map other elements to X (6)");
        }
    }
}
