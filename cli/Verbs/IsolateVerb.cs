using System.CommandLine;
using Ism.Featurizer;
using Ism.Featurizer.Isolation;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Verbs;

/// <summary>`ism isolate`: the process in which a featurizer tries one structure alone. Not for people, so it is not listed.</summary>
internal static class IsolateVerb
{
    public const string Name = "isolate";

    /// <summary>Something but the structure failed. Not 1, which native libraries use when they give up.</summary>
    public const int NotTried = 75;

    private const string OutOfMemoryScore = "/proc/self/oom_score_adj";

    public static Command Create(VerbContext context)
    {
        var workspace = new Option<string>("--workspace") { Description = "Folder of the job", HelpName = "FOLDER", Required = true };
        var request = new Option<string>("--request")
        {
            Description = "What to try; the result is left beside it",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command(Name, "Try one structure alone (used by featurizers).") { workspace, request };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            OfferToTheKernel();
            try
            {
                var place = new Workspace(Path.GetFullPath(parsed.GetValue(workspace)!));
                using var features = new FeaturizerContext(place, place.ReadJob());
                IsolatedWork.Run(features, parsed.GetValue(request)!, Tell);
                return ExitCode.Success;
            }
            catch (Exception e)
            {
                context.Error.WriteLine($"{e.GetType().Name}: {e.Message}".ReplaceLineEndings(" "));
                return NotTried;
            }
        });
        return command;

        void Tell(IsolationPhase phase)
        {
            context.Output.WriteLine(phase);
            context.Output.Flush();
        }
    }

    // When memory runs out, this process is to go and not the node that waits for it.
    private static void OfferToTheKernel()
    {
        try
        {
            if (File.Exists(OutOfMemoryScore))
            {
                File.WriteAllText(OutOfMemoryScore, "1000");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not allowed here; then the kernel chooses.
        }
    }
}
