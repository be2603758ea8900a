using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>Checks that a set of tensors is exactly what a model of some shape needs.</summary>
internal static class Esm2TensorCheck
{
    private const int Shown = 8;

    /// <exception cref="ArgumentException">Tensors are missing, unknown or of another shape; the message names them.</exception>
    public static void Require(Esm2Config config, IReadOnlyDictionary<string, torch.Tensor> tensors)
    {
        var trained = Esm2Parameters.Trained(config);
        var contact = Esm2Parameters.Contact(config);
        var known = Esm2Parameters.StateDict(config).Where(spec => spec.Name != Esm2Parameters.TiedCopy)
            .ToDictionary(spec => spec.Name);
        var needed = contact.Any(spec => tensors.ContainsKey(spec.Name)) ? trained.Concat(contact) : trained;
        Refuse("missing", [.. needed.Select(spec => spec.Name).Where(name => !tensors.ContainsKey(name))], config);
        Refuse("unknown", [.. tensors.Keys.Where(name => !known.ContainsKey(name))], config);
        Refuse("of another shape",
        [
            .. tensors.Where(t => !t.Value.shape.SequenceEqual(known[t.Key].Shape)).Select(t =>
                $"{t.Key} [{string.Join(", ", t.Value.shape)}] instead of [{string.Join(", ", known[t.Key].Shape)}]"),
        ], config);
    }

    private static void Refuse(string what, List<string> names, Esm2Config config)
    {
        if (names.Count > 0)
        {
            var more = names.Count > Shown ? $" and {names.Count - Shown} more" : "";
            throw new ArgumentException($"{names.Count} tensors are {what} for an ESM2 of {config.Layers} layers, width "
                + $"{config.Width} and {config.Heads} heads: {string.Join(", ", names.Take(Shown))}{more}");
        }
    }
}
