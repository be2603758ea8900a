using System.Globalization;
using Ism.Benchmarks.Scale;

// How catalogue, order and ledger grow with the number of structures. Arguments: numbers of structures (default 58000 580000 5800000);
// the ledger is left out above the number given as --ledger-up-to (default 5800000).
// `simulate [structures=N] [batch=N] [step=SECONDS] [rate=STRUCTURES/S] [life=SECONDS]` plays a whole job through instead.
// `rebalance [work=SECONDS] [before=SECONDS] [after=SECONDS] [runs=N]` lets featurizers join a running ledger, 4 and then 12 more.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["simulate", ..])
{
    Simulation.Run(args[1..]);
    return;
}

var root = Directory.CreateTempSubdirectory("ism-scale-").FullName;
var limit = 5_800_000L;
var sizes = new List<long>();
for (var i = 0; i < args.Length && args is not ["rebalance", ..]; i++)
{
    if (args[i] == "--ledger-up-to")
    {
        limit = long.Parse(args[++i]);
    }
    else
    {
        sizes.Add(long.Parse(args[i]));
    }
}

sizes = sizes.Count > 0 ? sizes : [58_000, 580_000, 5_800_000];
try
{
    if (args is ["rebalance", ..])
    {
        await Rebalancing.RunAsync(root, args[1..]);
        return;
    }

    Console.WriteLine($"{"structures",12} {"what",-44} {"value",14}");
    foreach (var size in sizes)
    {
        void Print(string what, double value, string unit) => Console.WriteLine($"{size,12:#,0} {what,-44} {value,14:#,0.###} {unit}");
        CatalogueScale.Run(size, Path.Combine(root, "catalogues"), Print);
        GC.Collect();
        if (size <= limit)
        {
            await LedgerScale.RunAsync(size, Path.Combine(root, $"ledger-{size}"), Print);
        }
    }
}
finally
{
    Directory.Delete(root, recursive: true);
}
