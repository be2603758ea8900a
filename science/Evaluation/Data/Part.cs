namespace Ism.Evaluation.Data;

/// <summary>What an example is used for.</summary>
public enum Part : byte
{
    /// <summary>The probe is trained on it.</summary>
    Train,

    /// <summary>Decides when training has gone far enough.</summary>
    Validation,

    /// <summary>What is reported.</summary>
    Test,
}

/// <summary>Reads the part of a record.</summary>
public static class Parts
{
    /// <summary>
    /// The part that a record names: <c>split</c>, <c>set</c>, <c>stage</c> or <c>partition</c> is train, valid (validation, val, dev)
    /// or test; FLIP's <c>VALIDATION=True</c> makes a training record one of validation. Null where it names none.
    /// </summary>
    /// <exception cref="DataFileException">It names another.</exception>
    public static Part? Of(DataRecord record)
    {
        if (record.Find("split", "set", "stage", "partition") is not { } name)
        {
            return null;
        }

        var isValidation = record.Find("validation") is { } flag && flag.ToLowerInvariant() is "true" or "1";
        return name.ToLowerInvariant() switch
        {
            "train" or "training" => isValidation ? Part.Validation : Part.Train,
            "valid" or "validation" or "val" or "dev" => Part.Validation,
            "test" or "testing" => Part.Test,
            _ => throw record.Wrong($"the split is '{name}'; it must be train, valid or test"),
        };
    }
}
