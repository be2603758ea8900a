using System.Text.RegularExpressions;
using Ism.Cli.Jobs.Rules;
using Ism.Cluster.Hosting;
using Ism.Protocol.Jobs;
using Ism.Structures;

namespace Ism.Cli.Jobs;

/// <summary>Checks that settings make sense. Every problem names the setting, its value and what to change; two settings in conflict
/// are both named.</summary>
public static partial class JobValidation
{
    /// <summary>Problems of the settings alone, without a look at files. Empty when there is none.</summary>
    public static IReadOnlyList<string> Check(JobOptions job) => Looked(job).Lines;

    /// <summary>What is allowed for each setting that has a rule of its own, by its path: a range, or words.</summary>
    public static IReadOnlyDictionary<string, string> Limits() => Looked(new JobOptions()).Limits;

    private static Problems Looked(JobOptions job)
    {
        var found = new Problems();
        CheckTop(job, found);
        ModelRules.Check(job.Model, found);
        CorpusRules.Check(job.Corpus, found);
        AutoencoderRules.Check(job, found);
        CodebookRules.Check(job.Codebook, found);
        MutRankRules.Check(job, found);
        found.OneOf("featurizing.precision", job.Featurizing.Precision, FeaturizingOptions.Float32, FeaturizingOptions.BFloat16);
        found.Range("featurizing.readAhead", job.Featurizing.ReadAhead, 0, 64);
        TuningRules.Check(job.Tuning, found);
        TeacherValidation.Check(job, found);
        found.OneOf("training.precision", job.Training.Precision, "fp32", "tf32", "bf16");
        found.OneOf("training.reduction", job.Training.Reduction, "fp32", "bf16");
        found.OneOf("training.activationCheckpointing", job.Training.ActivationCheckpointing, "none", "blocks");
        ClusterRules.Check(job.Cluster, found);
        return found;
    }

    /// <summary>Problems with what the job reads and writes: sources and folders that are not there, a workspace that cannot be
    /// written. Paths are taken as they are.</summary>
    public static IReadOnlyList<string> CheckInputs(JobOptions job)
    {
        var found = new Problems();
        if (job.Corpus.Structures.Count == 0)
        {
            found.Add("corpus.structures", "[]", "name the structures to train on, e.g. --set corpus.structures=FOLDER");
        }

        Exist(found, "corpus.structures", job.Corpus.Structures);
        Exist(found, "corpus.heldout", job.Corpus.Heldout);
        Exist(found, "autoencoder.structures", job.Autoencoder.Structures);
        Exist(found, "model.from", [job.Model.From]);
        Exist(found, "autoencoder.from", [job.Autoencoder.From]);
        Exist(found, "codebook.from", [job.Codebook.From]);
        Folder(found, "mutrank.alignments", job.Mutrank.Alignments);
        Folder(found, "mutrank.from", job.Mutrank.From);
        TeacherValidation.CheckInputs(job, found);
        if (File.Exists(job.Workspace))
        {
            found.Add("workspace", job.Workspace, "is a file; name a folder");
        }

        return found.Lines;
    }

    /// <summary>Throws what <paramref name="problems"/> holds.</summary>
    /// <exception cref="JobFileException">There is a problem.</exception>
    public static void ThrowIfAny(IReadOnlyList<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new JobFileException(problems);
        }
    }

    private static void CheckTop(JobOptions job, Problems found)
    {
        found.Limit("name", "1 to 64 letters, digits, '-' and '_', a letter or digit first");
        if (!NamePattern().IsMatch(job.Name))
        {
            found.Add("name", $"'{job.Name}'", $"use {found.Limits["name"]}");
        }

        if (string.IsNullOrWhiteSpace(job.Workspace))
        {
            found.Add("workspace", "empty", "name a folder that every node reaches");
        }
        else if (S3Address.Is(job.Workspace))
        {
            CheckStored(job, found);
        }
    }

    private static void CheckStored(JobOptions job, Problems found)
    {
        try
        {
            _ = S3Address.Parse(job.Workspace);
        }
        catch (FormatException e)
        {
            found.Add("workspace", job.Workspace, e.Message);
        }

        if (job.Cluster.Journal.Length > 0)
        {
            found.Add("cluster.journal", "set", $"a job in {job.Workspace} is kept there, with the connection's password; name the journal in "
                + $"the environment of the coordinator ({JournalVariable.Name})");
        }
    }

    private static void Exist(Problems found, string setting, IReadOnlyList<string> paths)
    {
        foreach (var path in paths.Where(p => p.Length > 0 && !S3Address.Is(p) && !Path.Exists(p)))
        {
            found.Add(setting, path, $"there is no such file or folder (relative paths are taken from {Environment.CurrentDirectory})");
        }
    }

    private static void Folder(Problems found, string setting, string path)
    {
        if (path.Length > 0 && !Directory.Exists(path))
        {
            found.Add(setting, path, $"there is no such folder (relative paths are taken from {Environment.CurrentDirectory})");
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z")]
    private static partial Regex NamePattern();
}
