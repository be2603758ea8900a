namespace Ism.Protocol.Jobs;

/// <summary>
/// Storage on which a workspace lies when its folder is only a machine's cache of it. Names are relative to the workspace, with forward
/// slashes. Storage that does not answer is waited for, unless said otherwise. Thread-safe.
/// </summary>
public interface IWorkspaceStore
{
    /// <summary>Keeps a file: when this returns it is on the storage as it is in the folder.</summary>
    /// <exception cref="IOException">The storage refuses, or has not answered for long.</exception>
    void Keep(string name, CancellationToken cancel);

    /// <summary>Keeps what there is of a file that others append to.</summary>
    /// <exception cref="IOException">The storage refuses, or does not answer now.</exception>
    void KeepLog(string name);

    /// <summary>Keeps a folder that counts as a whole: it is there for others when the last of its files is.</summary>
    /// <exception cref="IOException">As <see cref="Keep"/>.</exception>
    void KeepFolder(string name, CancellationToken cancel);

    /// <summary>Fetches a file that the folder does not have.</summary>
    /// <param name="name">The file.</param>
    /// <param name="patient">Storage that does not answer is waited for; else it counts as a failure at once.</param>
    /// <returns>Whether the folder has it now.</returns>
    /// <exception cref="IOException">The storage refuses or does not answer, or the disk is full.</exception>
    /// <exception cref="InvalidDataException">It is damaged on the storage.</exception>
    bool Bring(string name, bool patient);

    /// <summary>Fetches a file that others append to, where the storage has more of it than the folder.</summary>
    /// <exception cref="IOException">As <see cref="Bring"/>.</exception>
    void BringLog(string name);

    /// <summary>Fetches what the folder does not have of a folder that counts as a whole.</summary>
    /// <returns>Whether the storage has all of it.</returns>
    /// <exception cref="IOException">As <see cref="Bring"/>.</exception>
    /// <exception cref="InvalidDataException">It is damaged on the storage.</exception>
    bool BringFolder(string name);

    /// <summary>Names of the whole folders directly below one.</summary>
    /// <exception cref="IOException">As <see cref="Keep"/>.</exception>
    IReadOnlyList<string> Folders(string name);

    /// <summary>Deletes a whole folder on the storage.</summary>
    /// <exception cref="IOException">The storage refuses, or does not answer now.</exception>
    void DropFolder(string name);
}
