using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;
using Ism.Structures.Alignments;
using Ism.Structures.Numerics;

// How long the profile of one alignment takes on one core: weights of all sequences (every pair is compared), and the columns. The alignment is
// generated: families around 50 ancestors, changed by 5 to 70 %. Arguments: sequences and columns, 10000 and 500 if not given. The lowest of three
// rounds, beside the plain loop over the pairs of 300 of the sequences in the same run.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var sequences = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
var columns = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 500;
const int Few = 300;

var rows = new byte[sequences][];
for (var s = 0; s < sequences; s++)
{
    var (family, own) = (new CounterRandom((ulong)(s % 50), 1), new CounterRandom((ulong)s, 2));
    var change = 0.05 + (0.65 * own.NextDouble());
    rows[s] = new byte[columns];
    for (var i = 0; i < columns; i++)
    {
        var ancestor = family.NextInt32(20);
        rows[s][i] = (byte)(own.NextDouble() < change ? own.NextInt32(22) : ancestor);
    }
}

var whole = new SequenceAlignment(rows);
Console.WriteLine($"{sequences} sequences, {columns} columns, .NET {Environment.Version}, 512-bit vectors: {Vector512.IsHardwareAccelerated}");
var weights = Lowest(() => SequenceWeights.Of(whole));
var profile = Lowest(() => AlignmentProfile.Of(whole, new()));
var few = new SequenceAlignment(rows[..Math.Min(Few, sequences)]);
var (fast, plain) = (Lowest(() => SequenceWeights.Of(few)), Lowest(() => Plain(few)));
Console.WriteLine($"weights                    {weights,8:F3} s");
Console.WriteLine($"profile, weights included  {profile,8:F3} s");
Console.WriteLine($"weights of {few.Count}, plain loop over pairs: {plain / fast:F0} times as long");
return 0;

static double Lowest(Action work)
{
    var lowest = double.MaxValue;
    for (var round = 0; round < 3; round++)
    {
        var clock = Stopwatch.StartNew();
        work();
        lowest = Math.Min(lowest, clock.Elapsed.TotalSeconds);
    }

    return lowest;
}

static int Plain(SequenceAlignment alignment)
{
    var alike = 0;
    for (var s = 0; s < alignment.Count; s++)
    {
        for (var t = 0; t < alignment.Count; t++)
        {
            var (same, residues) = (0, 0);
            for (var i = 0; i < alignment.Columns; i++)
            {
                residues += alignment.Row(s)[i] < 20 ? 1 : 0;
                same += alignment.Row(s)[i] < 20 && alignment.Row(s)[i] == alignment.Row(t)[i] ? 1 : 0;
            }

            alike += same >= 0.8 * residues ? 1 : 0;
        }
    }

    return alike;
}
