namespace Ism.Models.Autoencoder;

/// <summary>How an autoencoder is trained; nothing here changes its tensors.</summary>
public sealed record AutoencoderTrainingOptions
{
    /// <summary>1: distogram and amino acid. 2: coordinates as well. Without meaning for a model without decoder.</summary>
    public int Stage { get; init; } = 1;

    /// <summary>Weight of the distogram's cross entropy (mean over pairs).</summary>
    public double DistogramWeight { get; init; } = 1;

    /// <summary>Weight of the amino acid's cross entropy (mean over residues of known type).</summary>
    public double AminoAcidWeight { get; init; } = 1;

    /// <summary>Weight, in stage 2, of the aligned squared error in Å^2 (mean over environments).</summary>
    public double CoordinatesWeight { get; init; } = 1;

    /// <summary>Ordered atom pairs of an environment that the distogram loss looks at; 0 takes all.</summary>
    public int PairsPerEnvironment { get; init; } = 512;

    /// <summary>Bound on environments x (padded atoms)^2 of a micro-batch; bounds memory.</summary>
    public long AtomPairsPerMicroBatch { get; init; } = 2_000_000;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of range; says which, and what to change.</exception>
    public void Validate()
    {
        Require(Stage is 1 or 2, $"Stage is {Stage}: set 1 or 2");
        Require(DistogramWeight >= 0, $"DistogramWeight is {DistogramWeight}: set 0 or more");
        Require(AminoAcidWeight >= 0, $"AminoAcidWeight is {AminoAcidWeight}: set 0 or more");
        Require(CoordinatesWeight >= 0, $"CoordinatesWeight is {CoordinatesWeight}: set 0 or more");
        Require(PairsPerEnvironment >= 0, $"PairsPerEnvironment is {PairsPerEnvironment}: set 0 (all) or more");
        Require(AtomPairsPerMicroBatch > 0, $"AtomPairsPerMicroBatch is {AtomPairsPerMicroBatch}: set 1 or more");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException($"autoencoder training: {message}");
        }
    }
}
