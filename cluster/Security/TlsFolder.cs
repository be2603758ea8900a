using System.Security.Cryptography.X509Certificates;

namespace Ism.Cluster.Security;

/// <summary>
/// A folder with the certificates of a process, under the names that Kubernetes gives them in a Secret: <c>ca.crt</c> (the authority of
/// this cluster, all that a client needs), <c>tls.crt</c> and <c>tls.key</c> (a node's certificate and its key). The files are read again
/// when they have changed. Thread-safe.
/// </summary>
public sealed class TlsFolder
{
    /// <summary>Names the folder; the option --tls stands for it.</summary>
    public const string Variable = "ISM_TLS";

    /// <summary>The certificate of the authority, PEM.</summary>
    public const string AuthorityFile = "ca.crt";

    /// <summary>The node's certificate, PEM; certificates between it and the authority may follow.</summary>
    public const string CertificateFile = "tls.crt";

    /// <summary>The key of <see cref="CertificateFile"/>, PEM, not encrypted.</summary>
    public const string KeyFile = "tls.key";

    /// <summary>Folder in a home or workspace that is taken when none is named.</summary>
    public const string NameInPlace = "tls";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly TimeSpan _lookEvery;
    private readonly Lock _gate = new();
    private TlsCredentials? _current;
    private long _lookedAt;

    /// <param name="folder">The folder.</param>
    public TlsFolder(string folder) : this(folder, LookEvery)
    {
    }

    internal TlsFolder(string folder, TimeSpan lookEvery) => (Folder, _lookEvery) = (Path.GetFullPath(folder), lookEvery);

    /// <summary>The folder, absolute.</summary>
    public string Folder { get; }

    /// <summary>Path of the authority's certificate.</summary>
    public string AuthorityPath => Path.Combine(Folder, AuthorityFile);

    /// <summary>The folder that <see cref="Variable"/> names; else <c>tls</c> in a home or workspace, where it is there; else null: no TLS.
    /// </summary>
    /// <param name="place">Home or workspace; null where none is known.</param>
    public static TlsFolder? Find(string? place)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return new TlsFolder(named);
        }

        return place is not null && File.Exists(Path.Combine(place, NameInPlace, AuthorityFile)) ? new TlsFolder(Path.Combine(place, NameInPlace)) : null;
    }

    /// <summary>The node's certificate as it now is. Once one has been read, files that cannot be used (half replaced, expired) leave it as
    /// it was.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read; says which.</exception>
    /// <exception cref="InvalidDataException">The files cannot be used; says why.</exception>
    public TlsCredentials Credentials()
    {
        lock (_gate)
        {
            if (_current is { } known && TimeSpan.FromMilliseconds(Environment.TickCount64 - _lookedAt) < _lookEvery)
            {
                return known;
            }

            _lookedAt = Environment.TickCount64;
            try
            {
                var files = TlsFiles.Read(Folder);
                if (_current is null || !files.Equals(_current.Files))
                {
                    _current = TlsCredentials.Of(files, DateTimeOffset.UtcNow);
                }
            }
            catch (Exception e) when (_current is not null && e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                // Looked at again at the next connection; what is wrong in the end shows when the old certificate ends.
            }

            return _current!;
        }
    }

    /// <summary>The certificates of authorities in a PEM file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds none.</exception>
    public static X509Certificate2Collection AuthoritiesIn(string file)
    {
        try
        {
            return TlsCredentials.Parsed(file, File.ReadAllText(file));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"{file} is missing: a client needs the cluster's {AuthorityFile}, which `ism certs` has made", e);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Folder;
}
