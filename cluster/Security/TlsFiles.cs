namespace Ism.Cluster.Security;

/// <summary>The three files of a <see cref="TlsFolder"/> as they were read. Compared by content: in a mounted Secret they are links that
/// keep their times when what they point to is exchanged.</summary>
internal sealed record TlsFiles(string Folder, string Authority, string Certificate, string Key)
{
    /// <exception cref="IOException">A file is missing or cannot be read; says which and what to do.</exception>
    public static TlsFiles Read(string folder) => new(
        folder, Text(folder, TlsFolder.AuthorityFile), Text(folder, TlsFolder.CertificateFile), Text(folder, TlsFolder.KeyFile));

    private static string Text(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"{path} is missing: a node needs {TlsFolder.AuthorityFile}, {TlsFolder.CertificateFile} and "
                + $"{TlsFolder.KeyFile} in the folder that --tls ({TlsFolder.Variable}) names; `ism certs` makes them", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} cannot be read by {Environment.UserName}; it must belong to who runs the node", e);
        }
    }
}
