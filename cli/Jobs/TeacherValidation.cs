using System.Globalization;
using System.Text.RegularExpressions;
using Ism.Corpus.Teachers;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs;

/// <summary>Checks the further teachers, and where the structure loss is taken.</summary>
internal static partial class TeacherValidation
{
    // Names of other columns, heads and terms.
    private static readonly string[] Taken = ["autoencoder", "mlm"];

    /// <summary>Problems of the settings alone.</summary>
    public static void Check(JobOptions job, Problems found)
    {
        if (job.Tuning.StructurePositions is not (TuningOptions.AllPositions or TuningOptions.MaskedPositions))
        {
            found.Add("tuning.structurePositions", $"'{job.Tuning.StructurePositions}'",
                $"use {TuningOptions.AllPositions} or {TuningOptions.MaskedPositions}");
        }
        else if (job.Tuning.StructurePositions == TuningOptions.MaskedPositions && job.Tuning is { MaskFraction: 0, StructureWeight: > 0 })
        {
            found.Add("tuning.structurePositions", "masked and tuning.maskFraction = 0",
                "no residue would be chosen, so the structure loss would have no position; raise tuning.maskFraction or use all");
        }

        for (var i = 0; i < job.Teachers.Count; i++)
        {
            Check(job.Teachers[i], $"teachers[{i}]", found);
            var name = job.Teachers[i].Name;
            if (job.Teachers.Take(i).Any(teacher => teacher.Name == name) || Taken.Contains(name)
                || (job.Mutrank.IsOn && name == MutRankOptions.Teacher))
            {
                found.Add($"teachers[{i}].name", $"'{name}'", "is taken; give every teacher a name of its own");
            }
        }
    }

    /// <summary>Problems with the files: one is missing, is nothing that tokens are read from, or its first row cannot be read.</summary>
    public static void CheckInputs(JobOptions job, Problems found)
    {
        for (var i = 0; i < job.Teachers.Count; i++)
        {
            var teacher = job.Teachers[i];
            try
            {
                if (!TeacherFile.Read(teacher.Tokens, new TeacherAlphabet(teacher.Clusters, teacher.Alphabet), teacher.Name).Any())
                {
                    found.Add($"teachers[{i}].tokens", teacher.Tokens, "holds no row");
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException)
            {
                found.Add($"teachers[{i}].tokens", teacher.Tokens, e.Message);
            }
        }
    }

    private static void Check(TeacherOptions teacher, string place, Problems found)
    {
        if (!NamePattern().IsMatch(teacher.Name))
        {
            found.Add($"{place}.name", $"'{teacher.Name}'", "use 1 to 64 letters, digits, '-' and '_', a letter or digit first");
        }

        if (teacher.Tokens.Length == 0)
        {
            found.Add($"{place}.tokens", "empty", "name the file with this teacher's tokens");
        }

        try
        {
            _ = new TeacherAlphabet(teacher.Clusters, teacher.Alphabet);
        }
        catch (ArgumentException e)
        {
            found.Add($"{place}.clusters", teacher.Clusters.ToString(CultureInfo.InvariantCulture), e.Message);
        }

        found.Range($"{place}.weight", teacher.Weight, 0, 1e6);
        found.Range($"{place}.mostMissing", teacher.MostMissing, 0, 1);
        if (teacher.Excluded is not ("auto" or "none")
            && !(int.TryParse(teacher.Excluded, NumberStyles.None, CultureInfo.InvariantCulture, out var token) && token < teacher.TokenCount))
        {
            found.Add($"{place}.excluded", $"'{teacher.Excluded}'", $"use auto, none, or a token from 0 to {teacher.TokenCount - 1}");
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\z")]
    private static partial Regex NamePattern();
}
