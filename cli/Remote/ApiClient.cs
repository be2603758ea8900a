using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Ism.Coordinator.Api;

namespace Ism.Cli.Remote;

/// <summary>Speaks to the API of a cluster: to the first of its coordinators that answers.</summary>
public sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(5);
    private readonly ApiTarget _target;
    private readonly HttpClient _http;
    private readonly ServerTrust _trust;

    /// <summary>A client of <paramref name="target"/>.</summary>
    /// <exception cref="IOException">The authority's file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It holds no certificate.</exception>
    public ApiClient(ApiTarget target)
    {
        _target = target;
        var handler = new SocketsHttpHandler { ConnectTimeout = ConnectWithin, AllowAutoRedirect = false, UseProxy = target.Workspace is null };
        _trust = new ServerTrust(target.Authority);
        handler.SslOptions.RemoteCertificateValidationCallback = (sender, certificate, _, errors) =>
            _trust.Trusts((sender as SslStream)?.TargetHostName ?? "", certificate as X509Certificate2, errors);

        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        if (target.Token is { } token)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        _http.DefaultRequestHeaders.Add("X-Ism-User", $"{Environment.UserName}@{Environment.MachineName}");
    }

    /// <summary>The path of the target's job, below the API.</summary>
    public string JobPath => $"jobs/{Uri.EscapeDataString(_target.Job)}";

    /// <summary>Reads JSON.</summary>
    /// <exception cref="ApiException">It was refused, or nobody answered.</exception>
    public async Task<T> GetAsync<T>(string path, TimeSpan patience, CancellationToken cancel)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), patience, cancel);
        return (await response.Content.ReadFromJsonAsync<T>(ApiJson.Options, cancel))!;
    }

    /// <summary>Reads text.</summary>
    /// <exception cref="ApiException">It was refused, or nobody answered.</exception>
    public async Task<string> GetTextAsync(string path, TimeSpan patience, CancellationToken cancel)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), patience, cancel);
        return await response.Content.ReadAsStringAsync(cancel);
    }

    /// <summary>Tells the job something; the answer says whether it was done.</summary>
    /// <exception cref="ApiException">It was refused, or nobody answered.</exception>
    public async Task<CommandView> TellAsync(string verb, object? body, TimeSpan patience, CancellationToken cancel)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, $"{JobPath}/{verb}") { Content = body is null ? null : JsonContent.Create(body, options: ApiJson.Options) },
            patience,
            cancel,
            HttpStatusCode.Conflict);
        return (await response.Content.ReadFromJsonAsync<CommandView>(ApiJson.Options, cancel))!;
    }

    /// <summary>Submits a job file.</summary>
    /// <exception cref="ApiException">It was refused, or nobody answered.</exception>
    public async Task<SubmissionView> SubmitAsync(string text, bool dryRun, TimeSpan patience, CancellationToken cancel)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, $"jobs{(dryRun ? "?dryRun=true" : "")}")
            {
                Content = new StringContent(text, System.Text.Encoding.UTF8, "application/yaml"),
            },
            patience,
            cancel);
        return (await response.Content.ReadFromJsonAsync<SubmissionView>(ApiJson.Options, cancel))!;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // A coordinator that died has left its address too, and one that is stopped takes connections and says nothing: each is given a share
    // of the time.
    private async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> make, TimeSpan patience, CancellationToken cancel, HttpStatusCode? alsoFine = null)
    {
        if (_target.Urls.Count == 0)
        {
            throw new ApiException(
                "no coordinator has left the address of its API: does the cluster run (`ism serve`, `ism node coordinator`)? "
                    + "Or name one with --server URL",
                [],
                answered: false);
        }

        var tried = new List<string>();
        foreach (var url in _target.Urls)
        {
            using var request = make();
            request.RequestUri = new Uri(url, $"/api/v1/{request.RequestUri}");
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(patience);
            try
            {
                var response = await _http.SendAsync(request, deadline.Token);
                if (response.IsSuccessStatusCode || response.StatusCode == alsoFine)
                {
                    return response;
                }

                await ThrowAsync(url, response, cancel);
            }
            catch (HttpRequestException e)
            {
                tried.Add($"{url.GetLeftPart(UriPartial.Authority)}: {_trust.TakeRefusal() ?? Said(url, e)}");
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                tried.Add($"{url.GetLeftPart(UriPartial.Authority)}: no answer within {patience.TotalSeconds:F0} s");
            }
        }

        throw new ApiException(string.Join("; ", tried), [], answered: false);
    }

    private static string Said(Uri url, HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse when url.Scheme == Uri.UriSchemeHttp =>
            "it does not answer HTTP; if it speaks TLS, ask it with https://",
        HttpRequestError.SecureConnectionError =>
            $"it does not answer in TLS ({(e.InnerException ?? e).Message}); a cluster without certificates is asked with http://",
        _ => (e.InnerException ?? e).Message,
    };

    private static async Task ThrowAsync(Uri url, HttpResponseMessage response, CancellationToken cancel)
    {
        using (response)
        {
            ApiProblem? problem = null;
            try
            {
                problem = await response.Content.ReadFromJsonAsync<ApiProblem>(ApiJson.Options, cancel);
            }
            catch (Exception e) when (e is System.Text.Json.JsonException or NotSupportedException)
            {
                // Something between answered.
            }

            var what = problem is null ? $"{(int)response.StatusCode} {response.ReasonPhrase}" : $"{problem.Title}: {problem.Detail}";
            var hint = response.StatusCode == HttpStatusCode.Unauthorized
                ? $" (give it in {ApiToken.Variable}, or name its file in {ApiToken.FileVariable})"
                : "";
            throw new ApiException($"{url.GetLeftPart(UriPartial.Authority)}: {what}{hint}", problem?.Problems ?? [], answered: true);
        }
    }
}
