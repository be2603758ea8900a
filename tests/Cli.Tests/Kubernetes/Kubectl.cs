using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Ism.Tests;

namespace Ism.Cli.Tests.Kubernetes;

/// <summary>Renders folders of deploy/k8s with the kubectl of this machine.</summary>
internal static class Kubectl
{
    // Components and labels in templates are of kustomize 4 and 5; kubectl 1.27 is the first with 5.
    private const int OldestKustomize = 5;
    private static readonly Lazy<string?> Missing = new(WhatIsMissing);

    /// <summary>Folder of the manifests.</summary>
    public static string Folder => Path.Combine(ReferenceData.Root, "deploy", "k8s");

    /// <summary>Skips the test where kubectl cannot render.</summary>
    public static void Require() => Skip.If(Missing.Value is not null, Missing.Value);

    /// <summary>What `kubectl apply -k` would send.</summary>
    public static string Render(string folder)
    {
        var (code, output, error) = Run("kustomize", folder);
        return code == 0 ? output : throw new InvalidOperationException($"kubectl kustomize {folder}: {error}");
    }

    /// <summary>Renders an overlay with components added to it.</summary>
    public static string Render(string overlay, IReadOnlyList<string> components)
    {
        if (components.Count == 0)
        {
            return Render(Path.Combine(Folder, overlay));
        }

        var folder = Directory.CreateTempSubdirectory("ism-kustomize-").FullName;
        try
        {
            string To(string path) => Path.GetRelativePath(folder, Path.Combine(Folder, path));
            File.WriteAllText(Path.Combine(folder, "kustomization.yaml"), $"""
                apiVersion: kustomize.config.k8s.io/v1beta1
                kind: Kustomization
                namespace: ism
                resources: ["{To(overlay)}"]
                components: [{string.Join(", ", components.Select(c => $"\"{To($"components/{c}")}\""))}]
                """);
            return Render(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? WhatIsMissing()
    {
        try
        {
            var (code, output, error) = Run("version", "--client", "-o", "json");
            if (code != 0)
            {
                return $"kubectl version: {error.Trim()}";
            }

            using var json = JsonDocument.Parse(output);
            var version = json.RootElement.TryGetProperty("kustomizeVersion", out var v) ? v.GetString()! : "v0.0";
            return int.Parse(version.TrimStart('v').Split('.')[0]) >= OldestKustomize ? null
                : $"kubectl 1.27 or newer is needed to render deploy/k8s; this one has kustomize {version}";
        }
        catch (Win32Exception)
        {
            return "kubectl is needed to render deploy/k8s, and there is none on the PATH";
        }
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        var info = new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(info)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
