using System.Net;
using Ism.Cluster.Security;

namespace Ism.Cli.Slurm;

/// <summary>Certificates for the nodes of one job, in its workspace, which only its owner reads: nodes of a batch system run on machines that
/// others use too.</summary>
internal static class WorkspaceCertificates
{
    private const int Days = 3650;

    /// <summary>Makes them unless there are some, or a folder is named. The authority's key is kept nowhere: nobody else is to join.</summary>
    /// <returns>Where they lie.</returns>
    /// <exception cref="IOException">They cannot be written.</exception>
    public static string Ensure(string workspace)
    {
        if (TlsFolder.Find(workspace) is { } there)
        {
            return there.Folder;
        }

        var now = DateTimeOffset.UtcNow;
        var authority = CertificateAuthority.Create(now, Days);
        var folder = Path.Combine(workspace, TlsFolder.NameInPlace);
        // Whoever listens on the submitting machine is asked by its name; between nodes names are not compared.
        CertificateFiles.Write(folder, authority, withKey: false, authority.Issue(CertificateNames.Parse([Dns.GetHostName()]), now, Days - 1));
        return folder;
    }
}
