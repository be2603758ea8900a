using Ism.Evaluation.Labels;

namespace Ism.Evaluation.Data;

/// <summary>
/// One protein with what is known of it. What a task does not need is null. Immutable by convention.
/// </summary>
public sealed record Example
{
    /// <summary>Name; differs within a data set.</summary>
    public required string Id { get; init; }

    /// <summary>One letter a residue, upper case.</summary>
    public required string Sequence { get; init; }

    /// <summary>What it is used for; null while nothing has decided it.</summary>
    public Part? Part { get; init; }

    /// <summary>Class of each residue, -1 for one without a label.</summary>
    public int[]? ResidueClasses { get; init; }

    /// <summary>Value of each residue, NaN for one without.</summary>
    public float[]? ResidueValues { get; init; }

    /// <summary>For each residue and each kind whether it has it, residue by residue.</summary>
    public bool[][]? ResidueSites { get; init; }

    /// <summary>Contacts.</summary>
    public ContactMap? Contacts { get; init; }

    /// <summary>Value of the whole protein.</summary>
    public double? Value { get; init; }

    /// <summary>Class of the whole protein.</summary>
    public int? Class { get; init; }

    /// <summary>Terms of the whole protein.</summary>
    public bool[]? Terms { get; init; }

    /// <summary>Mutations with their measured change of stability.</summary>
    public IReadOnlyList<MeasuredMutation>? Mutations { get; init; }
}

/// <summary>One measured variant.</summary>
/// <param name="Text">As the file has it, e.g. "A12G" or "A12G:L30P".</param>
/// <param name="Changes">0-based positions and new residues.</param>
/// <param name="Ddg">kcal/mol.</param>
public sealed record MeasuredMutation(string Text, IReadOnlyList<(int Position, char To)> Changes, double Ddg);

/// <summary>Examples and the names of what their classes stand for.</summary>
/// <param name="Examples">The proteins.</param>
/// <param name="Classes">Name of each class, term or kind of site; empty for values.</param>
public sealed record DataSet(IReadOnlyList<Example> Examples, IReadOnlyList<string> Classes)
{
    /// <summary>Indices of the examples of a part.</summary>
    public int[] Of(Part part) => [.. Enumerable.Range(0, Examples.Count).Where(i => Examples[i].Part == part)];
}
