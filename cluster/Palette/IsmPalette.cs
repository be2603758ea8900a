namespace Ism.Cluster.Palette;

/// <summary>A switch of a command.</summary>
/// <param name="Name">Its name, e.g. "role".</param>
/// <param name="Switch">As it is typed, e.g. "-r".</param>
/// <param name="Description">What it is, for people.</param>
/// <param name="IsMandatory">The command is refused without it.</param>
/// <param name="Default">What holds without it; empty for none.</param>
public sealed record PaletteArgument(string Name, string Switch, string Description, bool IsMandatory = false, string Default = "");

/// <summary>A command of the palette.</summary>
/// <param name="Name">As it is typed.</param>
/// <param name="Description">What it does, for people.</param>
/// <param name="Arguments">Its switches.</param>
public sealed record PaletteVerb(string Name, string Description, IReadOnlyList<PaletteArgument> Arguments);

/// <summary>The commands that an operator's console finds on a coordinator: <c>ism status</c>, <c>ism scale -r trainers -n 3</c>.</summary>
public static class IsmPalette
{
    /// <summary>Name of the palette.</summary>
    public const string Module = "ism";

    private static readonly PaletteArgument Job =
        new("job", "-j", "Id of the job, or the beginning of one; without it the one that runs", Default: "current");

    /// <summary>All commands.</summary>
    public static IReadOnlyList<PaletteVerb> Verbs { get; } =
    [
        new("status", "Where the job stands: stages, training, nodes, what was said last.", [Job]),
        new("nodes", "The nodes of the job's cluster as this coordinator sees them.", [Job]),
        new("chunks", "Works of the featurizers that are open, and who holds chunks of one.",
            [Job, new("work", "-w", "A work, as the table names it: also which node holds which of its chunks, and which chunks fail")]),
        new("generations", "Generations of the training group, the newest last.",
            [Job, new("number", "-n", "How many, at most", Default: "10")]),
        new("pause", "Stop after the step that is under way; all nodes stay, nothing is lost.", [Job]),
        new("resume", "Go on after a pause.", [Job]),
        new("scale", "Say how many nodes of a role are wanted, where `ism run`, `ism serve` or `ism slurm` started them.",
            [
                new("role", "-r", "trainers or featurizers", IsMandatory: true),
                new("number", "-n", "How many of them", IsMandatory: true),
                Job,
            ]),
        new("checkpoint", "Have a checkpoint written at the next step, and answer when it stands.", [Job]),
    ];
}
