using System.CommandLine;
using Ism.Cluster.Security;

namespace Ism.Cli.Verbs;

/// <summary>`ism certs`: the certificates of a cluster's nodes, and the authority that signs them.</summary>
internal static class CertsVerb
{
    private const int DaysOfAuthority = 3650;

    public static Command Create(VerbContext context)
    {
        var output = new Option<string>("--out") { Description = "Folder to write to; nothing there is written over", HelpName = "FOLDER", Required = true };
        var name = new Option<string[]>("--name")
        {
            Description = "Names and addresses under which the node is reached, commas between; localhost is always added. One certificate may be for several nodes",
            HelpName = "HOST,IP",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
        };
        var days = new Option<int>("--days") { Description = "How long the certificate is good", HelpName = "N", DefaultValueFactory = _ => 365 };
        var authority = new Option<string?>("--ca")
        {
            Description = $"Folder of the cluster's authority ({TlsFolder.AuthorityFile}, {CertificateAuthority.KeyFile}); without it, one is made",
            HelpName = "FOLDER",
        };
        var command = new Command(
            "certs", "Make certificates with which the nodes of a cluster know each other, and clients know them.") { output, name, days, authority };
        command.SetAction(parsed =>
        {
            var (folder, now) = (Path.GetFullPath(parsed.GetValue(output)!), DateTimeOffset.UtcNow);
            var lasts = Inputs.AtLeastOne("--days", parsed.GetValue(days));
            var from = parsed.GetValue(authority) is { } named ? Path.GetFullPath(named) : null;
            try
            {
                var names = CertificateNames.Parse(parsed.GetValue(name)!);
                var signer = from is null ? CertificateAuthority.Create(now, Math.Max(DaysOfAuthority, lasts)) : CertificateAuthority.Open(from);
                var node = signer.Issue(names, now, lasts);
                CertificateFiles.Write(folder, signer, from is null, node);
                Say(context, folder, from, signer, names, node);
                return ExitCode.Success;
            }
            catch (Exception e) when (e is FormatException or ArgumentException)
            {
                throw new UsageException(e.Message);
            }
        });
        return command;
    }

    private static void Say(
        VerbContext context, string folder, string? from, CertificateAuthority signer, CertificateNames names, NodeCertificate node)
    {
        var (ca, key) = (Path.Combine(folder, TlsFolder.AuthorityFile), Path.Combine(from ?? folder, CertificateAuthority.KeyFile));
        context.Output.WriteLine($"authority    {signer.Name}, {(from is null ? "made now" : $"of {from}")}, good until {signer.Ends.UtcDateTime:yyyy-MM-dd}");
        context.Output.WriteLine($"certificate  {Path.Combine(folder, TlsFolder.CertificateFile)}, good until {node.Ends.UtcDateTime:yyyy-MM-dd}, for {string.Join(", ", names.All)}");
        context.Output.WriteLine();
        context.Output.WriteLine($"on its nodes     {TlsFolder.AuthorityFile}, {TlsFolder.CertificateFile} and {TlsFolder.KeyFile} in one folder, readable by who runs them: "
            + $"--tls FOLDER, {TlsFolder.Variable}=FOLDER, or {TlsFolder.NameInPlace}/ in the home or workspace");
        context.Output.WriteLine($"for its clients  {ca} alone, which is no secret");
        context.Output.WriteLine($"nowhere else     {key}: whoever has it makes nodes of this cluster; keep it off the nodes");
        context.Output.WriteLine($"another node     ism certs --ca {from ?? folder} --out FOLDER --name HOST");
    }
}
