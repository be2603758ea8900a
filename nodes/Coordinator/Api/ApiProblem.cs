using Microsoft.AspNetCore.Http;

namespace Ism.Coordinator.Api;

/// <summary>What went wrong, as RFC 9457 has it.</summary>
/// <param name="Title">What happened.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">With which values, and what to change.</param>
/// <param name="Problems">Every problem of a job file, each on its own.</param>
public sealed record ApiProblem(string Title, int Status, string Detail, IReadOnlyList<string> Problems)
{
    private const string ContentType = "application/problem+json";

    /// <summary>As an endpoint's result.</summary>
    public static IResult Result(int status, string title, string detail, IReadOnlyList<string>? problems = null) =>
        Results.Json(new ApiProblem(title, status, detail, problems ?? []), contentType: ContentType, statusCode: status);

    /// <summary>As the whole response.</summary>
    public static Task WriteAsync(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new ApiProblem(title, status, detail, []), options: null, contentType: ContentType);
    }
}
