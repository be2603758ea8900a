using System.Globalization;
using Ism.Evaluation.Labels;
using Ism.Structures;
using Xunit.Abstractions;

namespace Ism.Evaluation.Tests.Labels;

/// <summary>Labels against DSSP (mkdssp) and FreeSASA on real structures, where those programs are installed.</summary>
public sealed class IndependentProgramTests(ITestOutputHelper output) : IDisposable
{
    private const int Structures = 16;
    private readonly string _folder = Directory.CreateTempSubdirectory("ism-labels-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Should_agree_with_dssp_on_real_structures()
    {
        OtherProgram.Require("mkdssp");
        long residues = 0, same = 0, sameThree = 0, found = 0, expected = 0;
        double difference = 0, area = 0;
        foreach (var structure in RealStructures.Some(Structures))
        {
            var states = SecondaryStructure.Assign(structure, new SecondaryStructureOptions { PolyProline = true });
            var areas = SolventExposure.Measure(structure);
            var theirs = Dssp(structure);
            expected += states.Count(state => state != SecondaryStructure.Unlabelled);
            foreach (var (residue, state, accessible) in theirs)
            {
                Assert.NotEqual(SecondaryStructure.Unlabelled, states[residue]);
                residues++;
                same += states[residue] == state ? 1 : 0;
                sameThree += SecondaryStructure.ToThree(states[residue]) == SecondaryStructure.ToThree(state) ? 1 : 0;
                difference += Math.Abs(areas[residue] - accessible);
                area += accessible;
                if (states[residue] != state)
                {
                    output.WriteLine($"{structure.Name} {residue} {structure.Residues[residue].Name}: {states[residue]}, DSSP {state}");
                }
            }

            found += theirs.Count;
        }

        output.WriteLine($"{residues} residues: 8 states {(double)same / residues:P3}, 3 states {(double)sameThree / residues:P3}, "
            + $"mean difference of surface {difference / residues:F2} Å² of {area / residues:F1}");

        // DSSP leaves out some modified residues at the ends of chains.
        Assert.InRange(found, 0.99 * expected, expected);
        Assert.True(residues > 1000);
        Assert.InRange((double)same / residues, 0.995, 1);
        Assert.InRange((double)sameThree / residues, 0.995, 1);
        Assert.InRange(difference / area, 0, 0.03);
    }

    [SkippableFact]
    public void Should_agree_with_freesasa_on_real_structures()
    {
        OtherProgram.Require("freesasa");
        foreach (var structure in RealStructures.Some(6))
        {
            var file = Path.Combine(_folder, "s.pdb");
            File.WriteAllText(file, RealStructures.Pdb(structure, Radius));
            var areas = SolventExposure.Measure(structure, new SolventExposureOptions { Points = 2048 });
            var lines = OtherProgram.Run("freesasa", "--shrake-rupley", "--resolution=2000", "--radius-from-occupancy",
                "--no-warnings", "--format=seq", file).Split('\n').Where(line => line.StartsWith("SEQ", StringComparison.Ordinal)).ToList();
            Assert.Equal(areas.Count(float.IsFinite), lines.Count);
            double total = 0, theirs = 0;
            foreach (var line in lines)
            {
                var parts = line[5..].Split(':');
                var residue = int.Parse(parts[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
                var accessible = double.Parse(parts[1], CultureInfo.InvariantCulture);
                Assert.InRange(areas[residue], accessible - 1.5 - (0.02 * accessible), accessible + 1.5 + (0.02 * accessible));
                (total, theirs) = (total + areas[residue], theirs + accessible);
            }

            output.WriteLine($"{structure.Name}: {total:F0} Å², FreeSASA {theirs:F0}");
            Assert.InRange(total / theirs, 0.998, 1.002);

            // The points of the default are enough for the same within two per cent.
            Assert.InRange(SolventExposure.Measure(structure).Where(float.IsFinite).Sum() / theirs, 0.98, 1.02);
        }
    }

    private static float Radius(ulong name) => AtomNames.Text(name) switch
    {
        "N" => 1.65f,
        "CA" => 1.87f,
        "C" => 1.76f,
        "O" => 1.4f,
        _ => 1.8f,
    };

    private List<(int Residue, char State, double Accessible)> Dssp(Structure structure)
    {
        var (file, result) = (Path.Combine(_folder, "s.pdb"), Path.Combine(_folder, "s.dssp"));
        File.WriteAllText(file, RealStructures.Pdb(structure));
        OtherProgram.Run("mkdssp", "--output-format", "dssp", file, result);
        return [.. File.ReadLines(result)
            .SkipWhile(line => !line.StartsWith("  #  RESIDUE", StringComparison.Ordinal)).Skip(1)
            .Where(line => line[13] != '!')
            .Select(line => (int.Parse(line.AsSpan(5, 5), CultureInfo.InvariantCulture), line[16] == ' ' ? '-' : line[16],
                double.Parse(line.AsSpan(34, 4), CultureInfo.InvariantCulture)))];
    }
}
