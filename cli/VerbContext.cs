namespace Ism.Cli;

/// <summary>What every verb is given.</summary>
/// <param name="Output">Results: what a program would read.</param>
/// <param name="Error">Progress, notes and errors: what a person reads.</param>
/// <param name="Interruption">Ctrl-C and SIGTERM.</param>
public sealed record VerbContext(TextWriter Output, TextWriter Error, Interruption Interruption);
