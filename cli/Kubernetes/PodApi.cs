using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Ism.Cli.Kubernetes;

/// <summary>
/// The one request that this program makes of Kubernetes: an annotation of a pod of its own namespace is set. All that it needs stands where
/// a pod's service account is mounted, and the account needs the right to <c>patch</c> <c>pods</c> and no other.
/// </summary>
internal sealed class PodApi : IDisposable
{
    /// <summary>Where the account of a pod is mounted.</summary>
    public const string AccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly HttpClient _http;
    private readonly string _folder;
    private readonly string _namespace;

    private PodApi(HttpClient http, string folder, string @namespace) => (_http, _folder, _namespace) = (http, folder, @namespace);

    /// <summary>That of the pod that this process runs in.</summary>
    /// <param name="variable">Reads the environment.</param>
    /// <param name="folder">Folder of the account.</param>
    /// <exception cref="UsageException">The process runs in no pod, or in one without an account.</exception>
    public static PodApi InPod(Func<string, string?> variable, string folder = AccountFolder)
    {
        var (host, port) = (variable("KUBERNETES_SERVICE_HOST"), variable("KUBERNETES_SERVICE_PORT"));
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new UsageException("this is for a pod of Kubernetes: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
        }

        if (!File.Exists(Path.Combine(folder, "token")))
        {
            throw new UsageException($"{folder} has no token: give the pod a service account (deploy/k8s/components/deletion-cost)");
        }

        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(Path.Combine(folder, "ca.crt"));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
        };
        var address = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        var http = new HttpClient(handler) { BaseAddress = new Uri($"https://{address}:{port}"), Timeout = Patience };
        return new PodApi(http, folder, File.ReadAllText(Path.Combine(folder, "namespace")).Trim());
    }

    /// <summary>Sets an annotation; false when there is no such pod any more.</summary>
    /// <param name="pod">Name of the pod.</param>
    /// <param name="annotation">Its name, e.g. <c>controller.kubernetes.io/pod-deletion-cost</c>.</param>
    /// <param name="value">Its value.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="IOException">It was refused, or nobody answered; says what to change.</exception>
    public async Task<bool> AnnotateAsync(string pod, string annotation, string value, CancellationToken cancel)
    {
        var body = JsonSerializer.Serialize(
            new { metadata = new { annotations = new Dictionary<string, string> { [annotation] = value } } });
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/namespaces/{_namespace}/pods/{Uri.EscapeDataString(pod)}")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/merge-patch+json"),
        };
        // Kubernetes exchanges the token of a running pod.
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await File.ReadAllTextAsync(Path.Combine(_folder, "token"), cancel)).Trim());
        try
        {
            using var response = await _http.SendAsync(request, cancel);
            return response.StatusCode switch
            {
                HttpStatusCode.NotFound => false,
                HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized => throw new IOException(
                    $"Kubernetes refuses to annotate pod {pod} ({(int)response.StatusCode}): the service account needs the verb patch on pods in "
                    + $"namespace {_namespace}"),
                _ when response.IsSuccessStatusCode => true,
                _ => throw new IOException($"Kubernetes answered {(int)response.StatusCode} to the annotation of pod {pod}"),
            };
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new IOException($"{_http.BaseAddress}: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
