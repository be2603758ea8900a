using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ism.Coordinator.Api;

/// <summary>How the API writes JSON, and its clients read it.</summary>
public static class ApiJson
{
    /// <summary>Options for clients.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Sets a server's options.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = true;
        // People read it too, in a terminal. It is never part of a page, and a browser takes it for nothing else (nosniff).
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        // A loss may be infinite; what is not a number in JSON is a name.
        options.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        return options;
    }
}
