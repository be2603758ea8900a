using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs.Rules;

/// <summary>What holds of the model's settings.</summary>
internal static class ModelRules
{
    public static void Check(ModelOptions model, Problems found)
    {
        if (model.From.Length > 0)
        {
            return;
        }

        found.Range("model.layers", model.Layers, 1, 1000);
        found.Range("model.width", model.Width, 2, 100_000);
        found.Range("model.heads", model.Heads, 1, 1000);
        found.Divides("model.heads", model.Heads, "model.width", model.Width);
        if (model.Heads > 0 && model.Width % model.Heads == 0 && model.Width / model.Heads % 2 != 0)
        {
            found.Conflict(
                ("model.width", model.Width),
                ("model.heads", model.Heads),
                $"a head is {model.Width / model.Heads} wide and rotary positions need an even number; change one of the two");
        }
    }
}
