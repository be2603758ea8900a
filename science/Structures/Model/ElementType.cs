namespace Ism.Structures;

/// <summary>The atom types of a microenvironment: everything that is not one of the six common ones is <see cref="X"/>.</summary>
public enum ElementType : byte
{
    /// <summary>Carbon.</summary>
    C,

    /// <summary>Hydrogen (and deuterium); never in a <see cref="Structure"/>, which holds heavy atoms only.</summary>
    H,

    /// <summary>Nitrogen.</summary>
    N,

    /// <summary>Oxygen.</summary>
    O,

    /// <summary>Phosphorus.</summary>
    P,

    /// <summary>Sulphur.</summary>
    S,

    /// <summary>Any other element (metals, halogens, selenium).</summary>
    X,
}
