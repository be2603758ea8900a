namespace Ism.Collectives;

/// <summary>A native library that is needed cannot be opened, lacks a function or is too old. The message says what to
/// do.</summary>
public sealed class LibraryUnavailableException(string message) : Exception(message);
