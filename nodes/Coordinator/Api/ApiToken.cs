using System.Security.Cryptography;
using Ism.Protocol.Files;

namespace Ism.Coordinator.Api;

/// <summary>The secret that opens the API: a file that only its owner can read, or a variable of the environment. Never an argument, which
/// every user of the machine can see.</summary>
public static class ApiToken
{
    /// <summary>Holds the token.</summary>
    public const string Variable = "ISM_API_TOKEN";

    /// <summary>Names a file with the token.</summary>
    public const string FileVariable = "ISM_API_TOKEN_FILE";

    private const int Bytes = 32;
    private const int Shortest = 16;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The file in a home or workspace.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, "api", "token");

    /// <summary>The token given through the environment or kept in the folder; null when there is none.</summary>
    /// <exception cref="InvalidDataException">It is too short to be a secret.</exception>
    /// <exception cref="IOException">The file named cannot be read.</exception>
    public static string? TryRead(string? folder)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
        {
            return Checked(given, Variable);
        }

        if (Environment.GetEnvironmentVariable(FileVariable) is { Length: > 0 } file)
        {
            return Checked(File.ReadAllText(file), file);
        }

        return folder is not null && File.Exists(PathIn(folder)) ? Checked(File.ReadAllText(PathIn(folder)), PathIn(folder)) : null;
    }

    /// <summary>As <see cref="TryRead"/>; makes one and keeps it in the folder when there is none. Of several coordinators that start at
    /// once, all take the same.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static string ReadOrCreate(string folder)
    {
        if (TryRead(folder) is { } known)
        {
            return known;
        }

        WholeFile.WriteNew(PathIn(folder), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes)), OwnerOnly);
        return TryRead(folder)!;
    }

    private static string Checked(string text, string from)
    {
        var token = text.Trim();
        return token.Length >= Shortest ? token
            : throw new InvalidDataException($"{from}: a token of {token.Length} characters can be guessed; take {Shortest} or more, e.g. `openssl rand -hex 32`");
    }
}
