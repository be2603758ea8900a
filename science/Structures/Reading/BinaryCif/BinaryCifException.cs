namespace Ism.Structures;

/// <summary>Binary content that does not hold what its format says. Becomes a <see cref="StructureRefusedException"/>, which
/// knows the file.</summary>
internal sealed class BinaryCifException(RefusalReason reason, string detail) : Exception(detail)
{
    public RefusalReason Reason { get; } = reason;

    public static BinaryCifException Damaged(string detail) => new(RefusalReason.Damaged, detail);
}
