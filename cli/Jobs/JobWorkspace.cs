using System.Text.Json;
using Ism.Cluster.Home;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs;

/// <summary>Puts a job into its workspace, or recognises the one that is there already.</summary>
public static class JobWorkspace
{
    /// <summary>
    /// Writes job.json into a folder. Returns true when the workspace holds the same job from an earlier run, which is then continued. Numbers of nodes,
    /// threads and deadlines may differ: they do not change what is computed.
    /// </summary>
    /// <exception cref="UsageException">The workspace holds another job; names the settings that differ.</exception>
    public static bool Open(JobOptions job) => Open(job, job.Workspace);

    /// <summary>The same where the workspace lies elsewhere than in its folder.</summary>
    /// <param name="job">The job.</param>
    /// <param name="folder">The workspace's folder on this machine.</param>
    /// <exception cref="UsageException">The workspace holds another job; names the settings that differ.</exception>
    public static bool Open(JobOptions job, string folder)
    {
        var path = Path.Combine(folder, JobJson.FileName);
        if (!File.Exists(path))
        {
            JobJson.Save(job, path);
            return false;
        }

        var before = JobJson.Load(path);
        var differences = Differences(Comparable(before), Comparable(job), "").Take(4).ToList();
        if (differences.Count > 0)
        {
            throw new UsageException($"{job.Workspace} holds another job ({string.Join("; ", differences)}); choose another workspace "
                + "with --set workspace=FOLDER, or delete that one");
        }

        JobJson.Save(job, path);
        return true;
    }

    private static JsonElement Comparable(JobOptions job) => JsonDocument.Parse(JobJson.Write(JobIdentity.Comparable(job))).RootElement;

    private static IEnumerable<string> Differences(JsonElement before, JsonElement now, string path)
    {
        foreach (var property in now.EnumerateObject())
        {
            var name = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            var old = before.GetProperty(property.Name);
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var difference in Differences(old, property.Value, name))
                {
                    yield return difference;
                }
            }
            else if (old.GetRawText() != property.Value.GetRawText())
            {
                yield return $"{name} is {Short(old)} there and {Short(property.Value)} here";
            }
        }
    }

    private static string Short(JsonElement value)
    {
        var text = value.GetRawText().ReplaceLineEndings("");
        return text.Length <= 60 ? text : $"{text[..57]}...";
    }
}
