using System.Diagnostics;
using System.Globalization;
using Ism.Evaluation.Labels;
using Ism.Structures;

// How fast labels come from structures that are in memory, on one core: microseconds a residue of secondary structure, solvent
// exposure and contacts, the lowest of five rounds. The argument is a folder of structures; mkdssp's own time on the same folder is
// told by `time mkdssp`.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length == 0)
{
    Console.Error.WriteLine("usage: Labels FOLDER [MOST]: a folder of structures, and how many of them");
    return 2;
}

var most = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 200;
var structures = StructureBatch.Read([.. StructureSources.List(args[0]).Take(most)], new() { KeepAtomNames = true })
    .Where(result => result.Structure is not null).Select(result => result.Structure!).ToList();
var residues = structures.Sum(s => s.Residues.Count(r => r.AlphaCarbon >= 0));
Console.WriteLine($"{structures.Count} structures, {residues} residues, .NET {Environment.Version}");
Measure("secondary structure", s => SecondaryStructure.Assign(s).Length);
Measure("solvent exposure, 100 points", s => SolventExposure.Measure(s, new() { Points = 100 }).Length);
Measure("solvent exposure, 256 points", s => SolventExposure.Measure(s).Length);
Measure("C-beta coordinates", s => s.Chains.Sum(c => ContactMap.Of(s, c).Length));
return 0;

void Measure(string what, Func<Structure, int> work)
{
    var lowest = double.MaxValue;
    for (var round = 0; round < 5; round++)
    {
        var clock = Stopwatch.StartNew();
        foreach (var structure in structures)
        {
            work(structure);
        }

        lowest = Math.Min(lowest, clock.Elapsed.TotalMicroseconds / residues);
    }

    Console.WriteLine($"{what,-30} {lowest,8:F2} µs a residue");
}
