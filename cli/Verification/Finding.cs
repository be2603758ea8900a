namespace Ism.Cli.Verification;

/// <summary>One promise, looked at in a finished workspace.</summary>
/// <param name="What">The promise.</param>
/// <param name="Holds">Whether it was kept.</param>
/// <param name="Detail">Numbers, or what breaks it.</param>
internal sealed record Finding(string What, bool Holds, string Detail);
