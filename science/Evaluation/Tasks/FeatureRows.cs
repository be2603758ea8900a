using Ism.Evaluation.Data;
using Ism.Evaluation.Features;
using Ism.Evaluation.Probes;
using Ism.Structures.Numerics;
using TorchSharp;

namespace Ism.Evaluation.Tasks;

/// <summary>Rows of features and their targets, gathered over proteins.</summary>
internal static class FeatureRows
{
    /// <summary>
    /// Features and targets of the labelled residues of a part. Proteins are taken in an order drawn by the seed until there are as many rows
    /// as allowed. Null where the part has none.
    /// </summary>
    /// <param name="features">Of all examples.</param>
    /// <param name="data">The examples.</param>
    /// <param name="part">Which.</param>
    /// <param name="options">Limit and seed.</param>
    /// <param name="labelled">Positions of an example that count.</param>
    /// <param name="targets">Targets of these positions, one row each.</param>
    public static (torch.Tensor Rows, torch.Tensor Targets)? Of(
        ProteinFeatures features, DataSet data, Part part, ProbeOptions options, Func<Example, long[]> labelled,
        Func<Example, long[], torch.Tensor> targets)
    {
        using var scope = torch.NewDisposeScope();
        var order = data.Of(part);
        new CounterRandom(options.Seed, 0x726F_7773UL).Shuffle<int>(order);
        var (rows, wanted) = (new List<torch.Tensor>(), new List<torch.Tensor>());
        long count = 0;
        foreach (var index in order)
        {
            var positions = labelled(data.Examples[index]);
            if (positions.Length == 0)
            {
                continue;
            }

            count += positions.Length;
            if (rows.Count > 0 && count > options.MostRows)
            {
                break;
            }

            using var own = features.Of(index);
            rows.Add(own.index_select(0, torch.tensor(positions)));
            wanted.Add(targets(data.Examples[index], positions));
        }

        return rows.Count == 0 ? null
            : (torch.cat(rows, 0).MoveToOuterDisposeScope(), torch.cat(wanted, 0).MoveToOuterDisposeScope());
    }

    /// <summary>Positions for which something holds.</summary>
    public static long[] Where(int length, Func<int, bool> holds) =>
        [.. Enumerable.Range(0, length).Where(holds).Select(i => (long)i)];

    /// <summary>The parts that a task cannot do without.</summary>
    /// <exception cref="InvalidDataException">Training or test has no example.</exception>
    public static void RequireParts(DataSet data)
    {
        foreach (var part in (Part[])[Part.Train, Part.Test])
        {
            if (data.Of(part).Length == 0)
            {
                throw new InvalidDataException($"none of the {data.Examples.Count} proteins is for {(part == Part.Train ? "training" : "the test")}; name "
                    + "the parts in the data (split, or SET= in FASTA), give --train and --test, or have them split by identity");
            }
        }
    }
}
