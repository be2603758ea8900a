using System.Text.Json.Serialization;
using Ism.Structures.Alignments;

namespace Ism.Models.Autoencoder;

/// <summary>Everything that decides the tensors of an <see cref="AtomicAutoencoder"/>; written beside its weights.</summary>
public sealed record AutoencoderShape
{
    /// <summary>Elements a node can have: C, H, N, O, P, S and X (every other).</summary>
    public const int Elements = 7;

    /// <summary>Amino acids the residue's type is classified into.</summary>
    public const int AminoAcids = 20;

    /// <summary>Value of <see cref="Head"/>: the residue's type.</summary>
    public const string AminoAcidHead = "amino-acid";

    /// <summary>What the head on the embedding z predicts: "amino-acid", the logits of the residue's type; or, of MutRank, a target of the EvoRank
    /// objective ("rank", "log-odds", "probability"; <see cref="EvolutionaryTarget"/>), the value of each mutation. The latter have no
    /// decoder.</summary>
    public string Head { get; init; } = AminoAcidHead;

    /// <summary>False: encoder and amino acid head alone (MutComputeX-GT); no decoder, distogram or coordinates.</summary>
    public bool Decoder { get; init; } = true;

    /// <summary>Radius of the microenvironments it was made for, in Å; those of another radius mean nothing to it.</summary>
    public double Radius { get; init; } = 10;

    /// <summary>Atoms of a microenvironment at most, the nearest.</summary>
    public int MaxAtoms { get; init; } = 512;

    /// <summary>Graph transformer layers of the encoder.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Transformer layers of the decoder.</summary>
    public int DecoderLayers { get; init; } = 2;

    /// <summary>Width of atom features and of the embedding.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Attention heads; divides the width.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Width of a feed-forward layer over <see cref="Width"/>.</summary>
    public int FeedForwardRatio { get; init; } = 2;

    /// <summary>Gaussian radial basis functions that expand a distance, centred evenly over 0..<see
    /// cref="RadialMaximum"/>.</summary>
    public int RadialBases { get; init; } = 16;

    /// <summary>Centre of the last radial basis function, in Å (a microenvironment of radius 10 Å is 20 Å across).</summary>
    public double RadialMaximum { get; init; } = 20;

    /// <summary>First value of the encoder's LayerScale (Touvron et al. 2021, "Going deeper with image transformers").</summary>
    public double LayerScale { get; init; } = 1e-3;

    /// <summary>Classes of the distogram, evenly over <see cref="DistogramMinimum"/>..<see cref="DistogramMaximum"/>; the first
    /// and
    /// last also take what lies beyond.</summary>
    public int DistogramBins { get; init; } = 64;

    /// <summary>Lower edge of the first distogram bin, in Å.</summary>
    public double DistogramMinimum { get; init; } = 2;

    /// <summary>Upper edge of the last distogram bin, in Å.</summary>
    public double DistogramMaximum { get; init; } = 20;

    /// <summary>Width of the pair feature W_a f_i - W_b f_j that the distogram is classified from.</summary>
    public int PairWidth { get; init; } = 64;

    /// <summary>"linear" (the classifier sees W_a f_i - W_b f_j itself, so its logits are a sum of one term of i and one of j) or
    /// "gelu" (a GELU between, which lets the two atoms interact).</summary>
    public string PairActivation { get; init; } = "linear";

    /// <summary>Whether the head predicts the values of mutations (MutRank) and not the residue's type.</summary>
    [JsonIgnore]
    public bool RanksMutations => Head != AminoAcidHead;

    /// <summary>Channels of one attention head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>
    /// Floating point operations of the encoder's matrix products for one environment of n atoms, a multiply-add counted as two. Per
    /// layer: 2 n width^2 (4 + 2 FeedForwardRatio) for queries, keys, values, output and feed-forward, and 4 n^2 width for scores and
    /// mixing; once: 2 n^2 RadialBases Layers Heads for the biases. Exponentials, GELU, norms and distances are not counted.
    /// </summary>
    public double EncoderOperations(int atoms)
    {
        double n = atoms, width = Width;
        return (Layers * ((2 * n * width * width * (4 + (2 * FeedForwardRatio))) + (4 * n * n * width)))
            + (2 * n * n * RadialBases * Layers * Heads);
    }

    /// <summary>Checks that the values fit together.</summary>
    /// <exception cref="ArgumentException">A value is out of range; says which, and what to change.</exception>
    public void Validate()
    {
        Require(Radius > 0, $"Radius is {Radius} Å: set it above 0");
        Positive(MaxAtoms, nameof(MaxAtoms));
        Positive(Layers, nameof(Layers));
        Positive(Width, nameof(Width));
        Positive(Heads, nameof(Heads));
        Positive(FeedForwardRatio, nameof(FeedForwardRatio));
        Require(RadialBases >= 2, $"RadialBases is {RadialBases}: a distance needs at least 2 radial basis functions");
        Require(RadialMaximum > 0, $"RadialMaximum is {RadialMaximum} Å: set it above 0");
        Require(Width % Heads == 0, $"Width {Width} is not a multiple of Heads {Heads}: change one of them");
        Require(
            !RanksMutations || EvolutionaryTarget.Names.Contains(Head),
            $"Head is '{Head}': use '{AminoAcidHead}' or one of {string.Join(", ", EvolutionaryTarget.Names)}");
        if (!Decoder)
        {
            return;
        }

        Require(!RanksMutations, $"Head is '{Head}' and Decoder is true: a model that ranks mutations has no decoder");

        Positive(DecoderLayers, nameof(DecoderLayers));
        Positive(PairWidth, nameof(PairWidth));
        Require(DistogramBins >= 2, $"DistogramBins is {DistogramBins}: set at least 2");
        Require(
            DistogramMaximum > DistogramMinimum,
            $"DistogramMaximum {DistogramMaximum} Å is not above DistogramMinimum {DistogramMinimum} Å");
        Require(PairActivation is "linear" or "gelu", $"PairActivation is '{PairActivation}': use 'linear' or 'gelu'");
    }

    private static void Positive(int value, string name) => Require(value > 0, $"{name} is {value}: set it to 1 or more");

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException($"autoencoder shape: {message}");
        }
    }
}
