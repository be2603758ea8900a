using System.Net.Security;
using System.Net.Sockets;
using Ism.Collectives.Ring.Tls;

namespace Ism.Collectives;

/// <summary>
/// Makes the links of a ring secret, and open to members with a certificate only: TLS with certificates on both sides. The same for all
/// members, or for none.
/// </summary>
/// <param name="accepting">How this member answers one that connects; asked for each link, so that a renewed certificate is shown.</param>
/// <param name="connecting">How this member connects; asked for each link.</param>
/// <param name="refused">Told who was not let in, and why.</param>
public sealed class RingTls(
    Func<SslServerAuthenticationOptions> accepting, Func<SslClientAuthenticationOptions> connecting, Action<string>? refused = null)
{
    internal TlsLink Accept(Socket outside) => TlsLink.Begin(outside, stream => stream.AuthenticateAsServer(accepting()), refused);

    internal TlsLink Connect(Socket outside) => TlsLink.Begin(outside, stream => stream.AuthenticateAsClient(connecting()), null);
}
