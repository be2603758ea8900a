using System.Globalization;
using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Slurm;

/// <summary>Has Slurm follow what a job was told by `ism scale`: array elements are submitted, or asked to leave.</summary>
internal static class SlurmScaling
{
    /// <summary>Does what <paramref name="command"/> asks for where the workspace's job runs under Slurm; nothing elsewhere.</summary>
    /// <param name="context">Where is said what was done.</param>
    /// <param name="workspace">The job's workspace.</param>
    /// <param name="command">What the job was told, and has agreed to.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="SlurmException">Slurm refuses it or is not there.</exception>
    public static async Task FollowAsync(VerbContext context, string workspace, JobCommand command, CancellationToken cancel)
    {
        if (command.Kind == JobCommandKind.Scale
            && await TryAsync(new SlurmCommands(), workspace, command.Role, command.Count, cancel) is { } done)
        {
            await context.Error.WriteLineAsync(done);
        }
    }

    /// <summary>The same; says what was done, null outside Slurm.</summary>
    internal static async Task<string?> TryAsync(SlurmCommands commands, string workspace, string role, int count, CancellationToken cancel)
    {
        if (SlurmRecord.TryRead(workspace) is not { } record)
        {
            return null;
        }

        if (role != NodeRoles.Featurizer)
        {
            return $"Slurm: the {role}s are one job of fixed size ({string.Join(", ", record.Trainers)}); "
                + "to change it, scancel it and run `ism slurm` again with other --nodes: training goes on from the last checkpoint";
        }

        var queued = await commands.QueueAsync([.. record.Featurizers], cancel);
        var there = queued.Where(j => !j.Completing).OrderBy(j => j.Element).ToList();
        if (count > there.Count)
        {
            // The number of one that is just leaving is not given again: two nodes of one name would drive each other out.
            var taken = queued.Select(j => j.Element ?? 0).ToHashSet();
            var numbers = Enumerable.Range(0, count + taken.Count).Where(n => !taken.Contains(n)).Take(count - there.Count).ToList();
            var id = await commands.SubmitAsync(
                Path.Combine(record.Scripts, SlurmScripts.Featurizers), [$"--array={Ranges(numbers)}"], [], cancel);
            (record with { Featurizers = [.. record.Featurizers, id] }).Write(workspace);
            return $"Slurm: {numbers.Count} featurizer(s) submitted as {id}_[{Ranges(numbers)}] beside the {there.Count} that "
                + $"{(there.Count == 1 ? "is" : "are")} there";
        }

        if (count < there.Count)
        {
            var leaving = there.Skip(count).ToList();
            var waiting = leaving.Where(j => j.Pending).Select(j => j.Id).ToList();
            var running = leaving.Where(j => !j.Pending).Select(j => j.Id).ToList();
            await commands.CancelAsync(waiting, cancel);
            await commands.AskToLeaveAsync(running, cancel);
            return "Slurm: " + string.Join("; ", ((string[])
            [
                running.Count > 0 ? $"{running.Count} featurizer(s) asked to leave ({string.Join(", ", running)})" : "",
                waiting.Count > 0 ? $"{waiting.Count} that waited taken out of the queue ({string.Join(", ", waiting)})" : "",
            ]).Where(t => t.Length > 0)) + $"; {count} stay";
        }

        return $"Slurm: {count} featurizer(s) are there already";
    }

    /// <summary>Numbers as sbatch takes them, e.g. "2,4-7".</summary>
    internal static string Ranges(IReadOnlyList<int> numbers)
    {
        var parts = new List<string>();
        for (var first = 0; first < numbers.Count;)
        {
            var last = first;
            while (last + 1 < numbers.Count && numbers[last + 1] == numbers[last] + 1)
            {
                last++;
            }

            parts.Add(first == last
                ? string.Create(CultureInfo.InvariantCulture, $"{numbers[first]}")
                : string.Create(CultureInfo.InvariantCulture, $"{numbers[first]}-{numbers[last]}"));
            first = last + 1;
        }

        return string.Join(',', parts);
    }
}
