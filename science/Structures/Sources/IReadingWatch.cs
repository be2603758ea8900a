namespace Ism.Structures;

/// <summary>Is told which structure of a batch is under way, so that one that crashes or hangs the process can be named. What it
/// throws ends the batch.</summary>
public interface IReadingWatch
{
    /// <summary>The entry is being looked for and its bytes read; told again for each entry of an archive that is passed by.</summary>
    void Seeking(StructureEntry entry);

    /// <summary>The entry's bytes are in memory as they are stored; whatever takes long or fails from here on is the structure's
    /// doing, not the storage's.</summary>
    void Loaded(StructureEntry entry);
}
