namespace Ism.Cli;

/// <summary>The command line asks for something that cannot be: wrong options, files that are not there. Exit code 2.</summary>
public sealed class UsageException(string message, Exception? cause = null) : Exception(message, cause);
