using System.Security.Cryptography;
using System.Text;
using Ism.Coordinator.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Ism.Coordinator.Web;

/// <summary>
/// The live page of a cluster. Each look draws it anew from what stands in files and in the job's memory, on whichever coordinator is
/// asked; a script of its own asks every two seconds and exchanges what has changed. So nothing is lost when a coordinator dies, and the
/// page needs nothing from elsewhere.
/// </summary>
public sealed class WebPage : IApiExtension
{
    private static readonly (string File, string Type)[] Assets =
        [("page.css", "text/css; charset=utf-8"), ("page.js", "text/javascript; charset=utf-8"), ("icon.svg", "image/svg+xml")];

    /// <inheritdoc/>
    public void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<NodeDiary>().AddHostedService(services => services.GetRequiredService<NodeDiary>());
        builder.Services.AddSingleton<PageReader>();
    }

    /// <inheritdoc/>
    public void AddEndpoints(WebApplication app)
    {
        app.MapGet("/", PageAsync).ExcludeFromDescription();
        app.MapGet("/jobs/{id}", PageAsync).ExcludeFromDescription();
        app.MapGet("/page/alive", Alive).ExcludeFromDescription();
        foreach (var (file, type) in Assets)
        {
            var content = Read(file);
            app.MapGet($"/page/{file}", (HttpContext context) => Send(context, content, type)).ExcludeFromDescription();
        }
    }

    private static async Task<IResult> PageAsync(
        HttpContext context, PageReader reader, IServiceProvider services, ILoggerFactory loggers, string? id = null)
    {
        PageModel? model;
        try
        {
            var query = context.Request.Query;
            var stage = query["stage"].ToString() is { Length: > 0 } named ? named : null;
            model = await reader.ReadAsync(new PageChoice(id, stage, query["scale"] == "log"), context.RequestAborted);
        }
        catch (ArgumentException e)
        {
            return ApiProblem.Result(StatusCodes.Status400BadRequest, "several jobs", e.Message);
        }

        if (model is null)
        {
            return ApiProblem.Result(StatusCodes.Status404NotFound, "no such job", $"{id}: the page at / lists those that there are");
        }

        context.Response.Headers.ContentSecurityPolicy = Policy(model);
        return Send(context, Encoding.UTF8.GetBytes(await DrawAsync(model, services, loggers)), "text/html; charset=utf-8");
    }

    /// <summary>Draws the page.</summary>
    internal static async Task<string> DrawAsync(PageModel model, IServiceProvider services, ILoggerFactory loggers)
    {
        await using var renderer = new HtmlRenderer(services, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<PageDocument>(
            ParameterView.FromDictionary(new Dictionary<string, object?> { [nameof(PageDocument.Model)] = model }))).ToHtmlString());
    }

    // Nothing inline, nothing from elsewhere; the script may ask the other coordinators whether they are there.
    private static string Policy(PageModel model) =>
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        + $"frame-ancestors 'none'; connect-src 'self'{string.Concat(model.Others.Select(o => $" {o.Url}"))}";

    // Asked by the page of another coordinator of the same machine. It says nothing, and without the cookie, which no other site gets to send,
    // not even that.
    private static IResult Alive(HttpContext context)
    {
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        context.Response.Headers.CacheControl = "no-store";
        return Results.NoContent();
    }

    private static IResult Send(HttpContext context, byte[] content, string type)
    {
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"";
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "private, no-cache";
        return context.Request.Headers.IfNoneMatch == tag ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Bytes(content, type);
    }

    private static byte[] Read(string file)
    {
        using var stream = typeof(WebPage).Assembly.GetManifestResourceStream($"page/{file}")
            ?? throw new InvalidOperationException($"{file} is not part of the program");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
