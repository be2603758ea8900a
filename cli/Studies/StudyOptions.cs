namespace Ism.Cli.Studies;

/// <summary>A study: several ways to train, from the same start and for the same steps, told apart on proteins that none has seen.</summary>
public sealed record StudyOptions
{
    /// <summary>Title of the report.</summary>
    public required string Name { get; init; }

    /// <summary>Folder of everything that the study makes.</summary>
    public required string Workspace { get; init; }

    /// <summary>Job file that all runs share; empty: the settings' defaults.</summary>
    public string Base { get; init; } = "";

    /// <summary>Settings of all runs, over <see cref="Base"/>, as "a.b=c".</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>Seeds with which each arm is trained, unless it names its own.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [1];

    /// <summary>The model that all arms start from. Empty: one is trained first, with <see cref="Start"/>.</summary>
    public string From { get; init; } = "";

    /// <summary>Settings of the run that makes the common start.</summary>
    public IReadOnlyList<string> Start { get; init; } = [];

    /// <summary>What is compared.</summary>
    public IReadOnlyList<StudyArm> Arms { get; init; } = [];

    /// <summary>The arm that the others are held against.</summary>
    public required string Baseline { get; init; }

    /// <summary>On what.</summary>
    public required StudyEvaluation Evaluate { get; init; }
}

/// <summary>One way to train.</summary>
/// <param name="Name">Short; part of folder names.</param>
/// <param name="Title">For the report.</param>
/// <param name="Set">Its settings, over those of all.</param>
/// <param name="Seeds">Its seeds.</param>
/// <param name="Published">What others have published for this way to train, by metric; shown beside the results.</param>
public sealed record StudyArm(
    string Name, string Title, IReadOnlyList<string> Set, IReadOnlyList<long> Seeds, IReadOnlyDictionary<string, double> Published);

/// <summary>How models are told apart.</summary>
/// <param name="Tasks">Of <see cref="StudyFile.Tasks"/>.</param>
/// <param name="Train">Structures that the probes on frozen features are trained on.</param>
/// <param name="Test">Structures that are reported on.</param>
/// <param name="MostTrain">So many of <paramref name="Train"/> at most, spread over the list; 0: all.</param>
public sealed record StudyEvaluation(IReadOnlyList<string> Tasks, IReadOnlyList<string> Train, IReadOnlyList<string> Test, int MostTrain);
