using System.Net.Security;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;

namespace Ism.Cluster.Security;

/// <summary>TLS for messages between actor systems: both sides show a certificate, and each takes only those of its cluster's authority.
/// </summary>
public static class AkkaTls
{
    /// <summary>What <see cref="Setup"/> needs in the configuration.</summary>
    public const string Hocon = "akka.remote.dot-netty.tcp.enable-ssl = on";

    /// <summary>The setup of an actor system. It shows the certificate that the folder holds now, for as long as it lives; whom it trusts
    /// follows the folder.</summary>
    /// <exception cref="IOException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">The files cannot be used.</exception>
    public static DotNettySslSetup Setup(TlsFolder folder) => new(
        folder.Credentials().Certificate,
        suppressValidation: false,
        requireMutualAuthentication: true,
        validateCertificateHostname: false,
        (peer, _, remote, errors, log) =>
        {
            var refusal = folder.Credentials().Refuses(errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? null : peer);
            if (refusal is not null)
            {
                log.Warning("{0} is not let into the cluster: {1}", remote, refusal);
            }

            return refusal is null;
        });
}
