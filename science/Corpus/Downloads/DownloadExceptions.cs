namespace Ism.Corpus.Downloads;

/// <summary>Another try may help.</summary>
/// <param name="message">What went wrong.</param>
/// <param name="paused">Whether the server has said how long to wait, and that is waited for already.</param>
internal sealed class TransientException(string message, bool paused = false) : Exception(message)
{
    public bool Paused { get; } = paused;
}

/// <summary>The file is no longer the one of which there are parts.</summary>
internal sealed class ChangedFileException(string message) : Exception(message);

/// <summary>The server has no such file.</summary>
internal sealed class MissingFileException(string message) : Exception(message);

/// <summary>Another try would not help.</summary>
internal sealed class DownloadFailedException(string message) : Exception(message);
