using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ism.Corpus;
using Ism.Models.StructureTuning;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Jobs;

/// <summary>What a job that regresses the encoder's embeddings (<c>tuning.structureTarget: features</c>) needs beside tokens: their scale, from
/// the same chunks that decide the excluded token, so that it is the same however fast featurizers are.</summary>
public static class FeatureStage
{
    private const int IdentityDigits = 8;

    /// <summary>Whether the job does.</summary>
    public static bool Wanted(JobOptions job) => job.Tuning.StructureTarget == TuningOptions.FeatureTarget;

    /// <summary>Names token files that keep embeddings, so that those without are not taken for them.</summary>
    /// <param name="job">The job.</param>
    /// <param name="tokens">What names the tokens: a hash of codebook and teachers.</param>
    public static string Identity(JobOptions job, string tokens) => Wanted(job)
        ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{tokens}\nfeatures")))
        : tokens;

    /// <summary>Writes the scale's file and returns its name below the workspace; empty where the job learns tokens.</summary>
    /// <param name="services">The cluster.</param>
    /// <param name="tokens">Folder of the token files below the workspace.</param>
    /// <param name="identity">That names them.</param>
    /// <param name="order">Chunks in the order of need.</param>
    /// <param name="excluded">Token left out; null: none.</param>
    /// <exception cref="JobFailedException">There is no residue to learn from.</exception>
    public static string Run(IJobServices services, string tokens, string identity, IReadOnlyList<int> order, int? excluded)
    {
        if (!Wanted(services.Job))
        {
            return "";
        }

        var file = $"{Workspace.Work}/feature-scale-{identity[..IdentityDigits]}.json";
        Directory.CreateDirectory(services.Workspace.At(Workspace.Work));
        try
        {
            var folder = services.Workspace.At(tokens);
            var chunks = order.Take(services.Job.Codebook.ExcludedTokenChunks).ToList();
            chunks.ForEach(chunk => services.Workspace.Bring(TokenFile.PathOf(folder, chunk)));
            var (scale, residues) = Measure(folder, chunks, excluded);
            scale.Save(services.Workspace.At(file));
            services.Workspace.Keep(file);
            services.Emit(RunEvent.Now(RunEventKind.Note, RunStages.Tokens, message: string.Create(
                CultureInfo.InvariantCulture,
                $"features: {scale.Width} channels, their mean and deviation from {residues:N0} residues")));
            return file;
        }
        catch (ArgumentException e)
        {
            throw new JobFailedException($"tuning.structureTarget: {e.Message}", e);
        }
    }

    /// <summary>The scale over some chunks.</summary>
    /// <param name="folder">Folder of token files with features.</param>
    /// <param name="chunks">Whose residues count.</param>
    /// <param name="excluded">Residues with this token do not; null: all with a token do.</param>
    /// <exception cref="ArgumentException">There is no such residue.</exception>
    /// <exception cref="InvalidDataException">A file has no features, or of another width than the one before.</exception>
    public static (FeatureScale Scale, long Residues) Measure(string folder, IEnumerable<int> chunks, int? excluded)
    {
        FeatureSums? sums = null;
        var width = 0;
        foreach (var chunk in chunks)
        {
            using var file = TokenFile.Open(TokenFile.PathOf(folder, chunk));
            if (sums is null)
            {
                width = file.Header.FeatureWidth;
                sums = new FeatureSums(width);
            }

            if (file.Header.FeatureWidth == 0 || file.Header.FeatureWidth != width)
            {
                throw new InvalidDataException($"{TokenFile.PathOf(folder, chunk)} has features of {file.Header.FeatureWidth} channels, where "
                    + $"{width} are expected; delete it so that it is made again");
            }

            for (var row = 0; row < file.RowCount; row++)
            {
                var tokens = file.Tokens(0, row);
                var features = file.Features(row);
                for (var residue = 0; residue < tokens.Length; residue++)
                {
                    if (tokens[residue] != TokenRow.NoToken && tokens[residue] != excluded)
                    {
                        sums.Add(features.Slice(residue * width, width));
                    }
                }
            }
        }

        return sums is null ? throw new ArgumentException("there is no chunk to take the scale of features from") : (sums.Scale(), sums.Count);
    }
}
