namespace Ism.Cli;

/// <summary>What the process returns.</summary>
public static class ExitCode
{
    public const int Success = 0;

    /// <summary>Understood, and it failed or was interrupted.</summary>
    public const int Failed = 1;

    /// <summary>The command line or the job file is wrong; nothing was done.</summary>
    public const int BadUsage = 2;

    /// <summary>A node that Kubernetes numbers (an indexed Job) was asked to leave before its work was over: 128 + SIGTERM. With 0 its
    /// index would count as done and get no other pod.</summary>
    public const int AskedToLeave = 143;
}
