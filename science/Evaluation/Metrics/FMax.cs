namespace Ism.Evaluation.Metrics;

/// <summary>
/// The protein-centric maximal F measure of function prediction (CAFA; Radivojac et al. 2013): at each threshold precision is averaged
/// over proteins with at least one prediction, recall over all; Fmax is the largest harmonic mean over all thresholds.
/// </summary>
public static class FMax
{
    /// <summary>Fmax of proteins by terms. Proteins without a true term have no recall and are left out. NaN where none is left.
    /// </summary>
    /// <param name="scores">One row a protein, one score a term; a prediction is a score at or above the threshold.</param>
    /// <param name="truth">The true terms, of the same form.</param>
    /// <exception cref="ArgumentException">The rows differ in number or length.</exception>
    public static double Of(IReadOnlyList<float[]> scores, IReadOnlyList<bool[]> truth)
    {
        if (scores.Count != truth.Count || scores.Where((row, i) => row.Length != truth[i].Length).Any())
        {
            throw new ArgumentException("scores and true terms must have the same proteins and terms");
        }

        var kept = Enumerable.Range(0, scores.Count).Where(p => truth[p].Contains(true)).ToArray();
        var entries = new List<(float Score, int Protein, bool Hit)>();
        foreach (var p in kept)
        {
            for (var term = 0; term < scores[p].Length; term++)
            {
                entries.Add((scores[p][term], p, truth[p][term]));
            }
        }

        entries.Sort((a, b) => b.Score.CompareTo(a.Score));
        var wanted = truth.Select(row => row.Count(t => t)).ToArray();
        var (hits, predicted) = (new int[scores.Count], new int[scores.Count]);
        double precision = 0, recall = 0, best = kept.Length == 0 ? double.NaN : 0;
        var covered = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            var (_, p, hit) = entries[i];
            precision -= predicted[p] > 0 ? (double)hits[p] / predicted[p] : 0;
            covered += predicted[p] == 0 ? 1 : 0;
            predicted[p]++;
            hits[p] += hit ? 1 : 0;
            precision += (double)hits[p] / predicted[p];
            recall += hit ? 1.0 / wanted[p] : 0;
            if (i + 1 == entries.Count || entries[i + 1].Score < entries[i].Score)
            {
                var (meanPrecision, meanRecall) = (precision / covered, recall / kept.Length);
                best = Math.Max(best, meanPrecision + meanRecall > 0
                    ? 2 * meanPrecision * meanRecall / (meanPrecision + meanRecall) : 0);
            }
        }

        return best;
    }
}
