using Ism.Protocol.Jobs;
using YamlDotNet.RepresentationModel;

namespace Ism.Cli.Jobs;

/// <summary>
/// A resolved job: the records' defaults, then a named variant, then the user's file, then overrides, each over the one before.
/// Relative paths in a job mean the current directory of whoever runs the command, not the folder of the file: a job file can then
/// be shared and moved. <see cref="JobPaths"/> makes them absolute before other processes see them.
/// </summary>
/// <param name="Job">The settings; checked for names and types, not yet for sense (<see cref="JobValidation"/>).</param>
/// <param name="Variant">Name of the variant, or empty.</param>
/// <param name="Origins">Where each value that is not a default came from, by path.</param>
public sealed record JobFile(JobOptions Job, string Variant, IReadOnlyDictionary<string, string> Origins)
{
    /// <summary>Reads a job file and lays the overrides over it.</summary>
    /// <param name="path">The file; null for a job of defaults and overrides alone.</param>
    /// <param name="overrides">Texts "a.b=c", later ones win.</param>
    /// <exception cref="JobFileException">With every problem found, each naming its place and what to change.</exception>
    public static JobFile Load(string? path, IEnumerable<string> overrides) =>
        Resolve(path is null ? JobLayer.FromYaml("(no file)", "") : JobLayer.FromFile(path), overrides);

    /// <summary>As <see cref="Load"/>, for a layer at hand.</summary>
    public static JobFile Resolve(JobLayer file, IEnumerable<string> overrides)
    {
        var sets = overrides.Select(JobLayer.FromOverride).ToList();
        var (variant, place) = VariantOf([file, .. sets]);
        var binder = new JobBinder();
        if (variant.Length > 0)
        {
            binder.Apply(JobVariants.Load(variant, place));
        }

        binder.Apply(file);
        sets.ForEach(binder.Apply);
        return new JobFile(binder.Result(), variant, binder.Origins);
    }

    private static (string Variant, string Place) VariantOf(IEnumerable<JobLayer> layers)
    {
        var found = ("", "");
        foreach (var layer in layers)
        {
            foreach (var (key, value) in layer.Root.Children)
            {
                if (key is YamlScalarNode { Value: JobBinder.VariantKey })
                {
                    found = ((value as YamlScalarNode)?.Value ?? value.ToString(), layer.PlaceOf(key));
                }
            }
        }

        return found;
    }
}
