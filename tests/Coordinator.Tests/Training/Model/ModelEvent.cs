namespace Ism.Coordinator.Tests.Training.Model;

/// <summary>What may happen next.</summary>
public enum ModelEventKind
{
    /// <summary>A trainer handles the group's next message.</summary>
    TrainerHears,

    /// <summary>The group handles a trainer's next message.</summary>
    GroupHears,

    /// <summary>A message to a trainer is lost.</summary>
    LoseDown,

    /// <summary>A message of a trainer is lost.</summary>
    LoseUp,

    /// <summary>A trainer registers, as it does every few seconds.</summary>
    Register,

    /// <summary>The ring of a trainer is joined by all.</summary>
    Connect,

    /// <summary>The ring of a trainer comes to a boundary at which somebody wants to leave.</summary>
    Boundary,

    /// <summary>A trainer notices that a member of its ring is gone.</summary>
    Break,

    /// <summary>The last step is done.</summary>
    Complete,
    Kill,
    NoticeDeath,
    Restart,

    /// <summary>SIGSTOP, and the cluster notices.</summary>
    Freeze,
    Thaw,
    Leave,
    Pause,
    Resume,

    /// <summary>A quarter of a second passes.</summary>
    Moment,

    /// <summary>Six seconds pass: more than any member is waited for.</summary>
    Long,

    /// <summary>The coordinator dies and another one takes over, with the next term.</summary>
    Replace,
}

/// <summary>An event of the model; the trainer is -1 where there is none.</summary>
internal readonly record struct ModelEvent(ModelEventKind Kind, int Trainer)
{
    public override string ToString() => Trainer < 0 ? $"{Kind}" : $"{Kind}({(char)('a' + Trainer)})";
}
