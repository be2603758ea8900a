namespace Ism.Cluster.Security;

/// <summary>Writes certificates and keys: never over others, and keys readable by their owner only from the first byte on.</summary>
public static class CertificateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Everyone = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes an authority and a certificate of a node into a folder.</summary>
    /// <param name="folder">Where to; made when it is not there.</param>
    /// <param name="authority">The authority.</param>
    /// <param name="withKey">Its key is written too: it has been made now.</param>
    /// <param name="node">The node's.</param>
    /// <exception cref="IOException">One of the files is there already; nothing has been written.</exception>
    public static void Write(string folder, CertificateAuthority authority, bool withKey, NodeCertificate node)
    {
        List<(string Name, string Text, bool IsSecret)> files =
        [
            (TlsFolder.AuthorityFile, authority.CertificatePem(), false),
            (TlsFolder.CertificateFile, node.Certificate, false),
            (TlsFolder.KeyFile, node.Key, true),
        ];
        if (withKey)
        {
            files.Add((CertificateAuthority.KeyFile, authority.KeyPem(), true));
        }

        // Also where its own key is not written: a certificate of another authority beside it would fit nothing.
        foreach (var name in files.Select(f => f.Name).Append(CertificateAuthority.KeyFile))
        {
            if (File.Exists(Path.Combine(folder, name)))
            {
                throw new IOException($"--out {folder}: {name} is there already and is not written over; name another folder"
                    + (name == CertificateAuthority.KeyFile ? $", and take this authority with --ca {folder} if you mean it" : ""));
            }
        }

        Directory.CreateDirectory(folder);
        foreach (var (name, text, isSecret) in files)
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = isSecret ? OwnerOnly : Everyone;
            }

            using var writer = new StreamWriter(Path.Combine(folder, name), options);
            writer.WriteLine(text);
        }
    }
}
