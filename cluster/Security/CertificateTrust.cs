using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ism.Cluster.Security;

/// <summary>What a certificate must be good for.</summary>
public enum CertificateUse
{
    /// <summary>A node, which both accepts and makes connections.</summary>
    Node,

    /// <summary>A server that a client asks.</summary>
    Server,
}

/// <summary>Whether a certificate was signed by a cluster's authority, and the words for it when it was not.</summary>
public static class CertificateTrust
{
    internal const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    internal const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Why a certificate is not trusted; null when it is. Names are not looked at.</summary>
    /// <param name="certificate">It.</param>
    /// <param name="authorities">The only ones trusted; what the system trusts counts for nothing.</param>
    /// <param name="between">Other certificates that may lead to an authority.</param>
    /// <param name="use">What it is for.</param>
    /// <param name="now">The time.</param>
    public static string? Refusal(
        X509Certificate2 certificate,
        X509Certificate2Collection authorities,
        X509Certificate2Collection between,
        CertificateUse use,
        DateTimeOffset now)
    {
        var name = Named(certificate);
        if (certificate.NotAfter < now.LocalDateTime)
        {
            return $"the certificate of {name} expired on {Day(certificate.NotAfter)}; make a new one with `ism certs --ca FOLDER`";
        }

        if (certificate.NotBefore > now.LocalDateTime)
        {
            return $"the certificate of {name} is good from {Day(certificate.NotBefore)} on; is the clock of this machine right?";
        }

        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(authorities);
        policy.ExtraStore.AddRange(between);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = now.LocalDateTime;
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (use == CertificateUse.Node)
        {
            policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        }

        if (chain.Build(certificate))
        {
            return null;
        }

        var found = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        return found switch
        {
            _ when found.HasFlag(X509ChainStatusFlags.NotValidForUsage) =>
                $"the certificate of {name} is not made for this: {(use == CertificateUse.Node ? "a node's needs the usages server auth and client auth" : "a server's needs the usage server auth")}",
            _ when (found & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0 =>
                $"the certificate of {name} was not signed by this cluster's authority ({string.Join(", ", authorities.Select(Named))})",
            _ when found.HasFlag(X509ChainStatusFlags.NotTimeValid) =>
                $"the authority ({string.Join(", ", authorities.Select(a => $"{Named(a)}, good until {Day(a.NotAfter)}"))}) has expired",
            _ => $"the certificate of {name} is not valid: {string.Join(", ", chain.ChainStatus.Select(s => s.Status))}",
        };
    }

    /// <summary>The name that a certificate bears, for people.</summary>
    public static string Named(X509Certificate2 certificate) => certificate.GetNameInfo(X509NameType.SimpleName, false);

    internal static string Day(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
