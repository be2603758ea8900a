using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Ism.Coordinator.Api;

/// <summary>
/// Lets in who shows the token: in the Authorization header (programs), or in a cookie (browsers, which get it for a link with
/// <c>?token=</c> once, so that it does not stay in the address). A cookie does not open requests that change something unless the
/// browser says that they come from this very page.
/// </summary>
/// <param name="options">The token.</param>
public sealed class TokenGate(ApiOptions options)
{
    // Ports of one host share cookies, so each cluster has its own.
    private readonly string _cookie = $"ism-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(options.Folder)))[..8]}";
    private readonly byte[] _token = SHA256.HashData(Encoding.UTF8.GetBytes(options.Token));

    /// <summary>The middleware.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (IsOpen(context.Request.Path) || HasHeader(context.Request) || (HasCookie(context.Request) && !IsForged(context.Request)))
        {
            await next(context);
            return;
        }

        if (HttpMethods.IsGet(context.Request.Method) && context.Request.Query["token"].ToString() is { Length: > 0 } shown && Opens(shown))
        {
            context.Response.Cookies.Append(_cookie, shown, new CookieOptions
            {
                HttpOnly = true,
                Secure = context.Request.IsHttps,
                SameSite = SameSiteMode.Strict,
                IsEssential = true,
                MaxAge = TimeSpan.FromDays(30),
            });
            context.Response.Headers.CacheControl = "no-store";
            // A path of two slashes would be another host.
            context.Response.Redirect($"/{context.Request.Path.Value?.TrimStart('/')}{WithoutToken(context.Request.Query)}");
            return;
        }

        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"ism\"";
        await ApiProblem.WriteAsync(
            context, StatusCodes.Status401Unauthorized, "a token is needed",
            $"show it as `Authorization: Bearer TOKEN`, or in a browser once as {context.Request.Path}?token=TOKEN (the link that `ism serve` prints); "
                + $"it is in the file {ApiToken.PathIn("HOME")} of the cluster's home or the job's workspace");
    }

    // What a load balancer asks.
    private static bool IsOpen(PathString path) => path == "/healthz" || path == "/readyz";

    private bool HasHeader(HttpRequest request)
    {
        const string scheme = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && Opens(header[scheme.Length..].Trim());
    }

    private bool HasCookie(HttpRequest request) => request.Cookies[_cookie] is { } shown && Opens(shown);

    private static bool IsForged(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return false;
        }

        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0
            ? !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            : request.Headers["Sec-Fetch-Site"].ToString() is not "same-origin";
    }

    // Hashes have one length, so nothing is learnt from the time.
    private bool Opens(string shown) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), _token);

    private static string WithoutToken(IQueryCollection query) =>
        QueryString.Create(query.Where(q => q.Key != "token")).ToString();
}
