using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Ism.Cluster.Security;

/// <summary>
/// An actor system shows the certificate that it began with. So a node whose certificate nears its end leaves the cluster and joins it again
/// once there is a newer one; each node at a time of its own, as their certificates may end together.
/// </summary>
public static class CertificateRenewal
{
    // Share of a certificate's life that is left at the latest, and at the earliest.
    private const double Latest = 0.05;
    private const double Earliest = 0.10;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    /// <summary>Returns when it is time, with the reason for people.</summary>
    /// <param name="folder">The node's certificates.</param>
    /// <param name="node">Its name.</param>
    /// <param name="cancel">The node has left.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>.</exception>
    public static Task<string> WaitAsync(TlsFolder folder, string node, CancellationToken cancel) => WaitAsync(folder, node, LookEvery, cancel);

    internal static async Task<string> WaitAsync(TlsFolder folder, string node, TimeSpan lookEvery, CancellationToken cancel)
    {
        var shown = folder.Credentials().Certificate;
        while (!IsTime(shown, folder.Credentials().Certificate, node, DateTimeOffset.UtcNow))
        {
            await Task.Delay(lookEvery, cancel);
        }

        return $"its certificate ends on {CertificateTrust.Day(shown.NotAfter)}, and there is a renewed one";
    }

    /// <summary>Whether a node that shows one certificate is to take another.</summary>
    internal static bool IsTime(X509Certificate2 shown, X509Certificate2 present, string node, DateTimeOffset now)
    {
        var life = shown.NotAfter - shown.NotBefore;
        var turn = SHA256.HashData(Encoding.UTF8.GetBytes(node))[0] / 256.0;
        return present.NotAfter > shown.NotAfter
            && shown.NotAfter - now.LocalDateTime < life * (Latest + ((Earliest - Latest) * turn));
    }
}
