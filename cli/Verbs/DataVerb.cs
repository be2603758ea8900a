using System.CommandLine;

namespace Ism.Cli.Verbs;

/// <summary>`ism data`: structures from elsewhere, results to elsewhere.</summary>
internal static class DataVerb
{
    public static Command Create(VerbContext context) =>
        new("data", "Fetch structures to train on; publish results.")
        {
            AfdbVerb.Create(context),
            PublishVerb.Create(context),
        };
}
