using System.Numerics;
using Ism.Structures.Numerics;

namespace Ism.Structures.Synthesis;

/// <summary>
/// Folds a plan into a compact, clash-free backbone: segment pairs (a loop and the helix or strand after it) are added one by
/// one, each in the most compact of many drawn conformations, whose loop is then turned in small steps as long as that makes the
/// fold more compact. Where none fits, earlier pairs are taken back.
/// </summary>
internal sealed class BackboneFolder
{
    private const int Survivors = 30;
    private const int TrialsPerUnit = 400;
    private const int ClimbsPerUnit = 60;
    private const int MaxFailures = 40;
    private const int MaxRestarts = 100;

    private readonly List<Segment[]> _units;
    private readonly SecondaryState[] _states;
    private readonly Backbone _backbone;
    private readonly int[] _starts;

    private BackboneFolder(IReadOnlyList<Segment> plan)
    {
        _units = Pair(plan);
        _states = [.. plan.SelectMany(segment => Enumerable.Repeat(segment.State, segment.Length))];
        _backbone = new Backbone(_states.Length);
        _starts = new int[_units.Count + 1];
        for (var unit = 0; unit < _units.Count; unit++)
        {
            _starts[unit + 1] = _starts[unit] + _units[unit].Sum(segment => segment.Length);
        }
    }

    /// <summary>Folds a plan; the result is a function of plan and stream.</summary>
    /// <exception cref="InvalidOperationException">No clash-free fold was found in a hundred starts.</exception>
    public static (Backbone Backbone, SecondaryState[] States) Fold(IReadOnlyList<Segment> plan, ref CounterRandom random)
    {
        var folder = new BackboneFolder(plan);
        for (var restart = 0; restart < MaxRestarts; restart++)
        {
            if (folder.TryFold(ref random))
            {
                return (folder._backbone, folder._states);
            }
        }

        throw new InvalidOperationException(
            $"no clash-free fold of {folder._states.Length} residues in {MaxRestarts} starts; generate shorter chains");
    }

    private static List<Segment[]> Pair(IReadOnlyList<Segment> plan)
    {
        var units = new List<Segment[]>();
        for (var index = 0; index < plan.Count; index++)
        {
            var joined = plan[index].State == SecondaryState.Loop && index + 1 < plan.Count
                && plan[index + 1].State != SecondaryState.Disordered;
            units.Add(joined ? [plan[index], plan[index + 1]] : [plan[index]]);
            index += joined ? 1 : 0;
        }

        return units;
    }

    private bool TryFold(ref CounterRandom random)
    {
        _backbone.Truncate(0);
        var failures = 0;
        for (var unit = 0; unit < _units.Count; unit++)
        {
            if (AddBest(unit, ref random))
            {
                continue;
            }

            if (++failures > MaxFailures)
            {
                return false;
            }

            unit = Math.Max(0, unit - 1 - (failures / 4));
            _backbone.Truncate(_starts[unit]);
            unit--;
        }

        return true;
    }

    private bool AddBest(int unit, ref CounterRandom random)
    {
        var (start, end) = (_starts[unit], _starts[unit + 1]);
        var best = new Torsions[end - start];
        var drawn = new Torsions[end - start];
        var bestScore = double.PositiveInfinity;
        for (int trial = 0, survivors = 0; trial < TrialsPerUnit && survivors < Survivors; trial++)
        {
            DrawUnit(unit, drawn, ref random);
            if (TryAppend(drawn))
            {
                survivors++;
                var score = Score(start, end);
                if (score < bestScore)
                {
                    bestScore = score;
                    drawn.CopyTo(best, 0);
                }
            }

            _backbone.Truncate(start);
        }

        if (double.IsPositiveInfinity(bestScore))
        {
            return false;
        }

        for (var climb = 0; climb < ClimbsPerUnit; climb++)
        {
            best.CopyTo(drawn, 0);
            Perturb(drawn, start, ref random);
            if (TryAppend(drawn) && Score(start, end) is var score && score < bestScore)
            {
                bestScore = score;
                drawn.CopyTo(best, 0);
            }

            _backbone.Truncate(start);
        }

        return TryAppend(best);
    }

    // Turns about one bond, or about two bonds on either side of a peptide plane in opposite senses, which moves the rest less.
    private void Perturb(Span<Torsions> torsions, int start, ref CounterRandom random)
    {
        var loop = 0;
        while (loop < torsions.Length && _states[start + loop] == SecondaryState.Loop)
        {
            loop++;
        }

        if (loop == 0)
        {
            return;
        }

        for (var turns = 1 + random.NextInt32(2); turns > 0; turns--)
        {
            var residue = random.NextInt32(loop);
            var angle = (float)(6 * random.NextGaussian());
            switch (random.NextInt32(3))
            {
                case 0:
                    torsions[residue] = torsions[residue] with { Phi = torsions[residue].Phi + angle };
                    break;
                case 1:
                    torsions[residue] = torsions[residue] with { Psi = torsions[residue].Psi + angle };
                    break;
                default:
                    torsions[residue] = torsions[residue] with { Psi = torsions[residue].Psi + angle };
                    var next = Math.Min(residue + 1, torsions.Length - 1);
                    torsions[next] = torsions[next] with { Phi = torsions[next].Phi - angle };
                    break;
            }
        }
    }

    private bool TryAppend(ReadOnlySpan<Torsions> torsions)
    {
        foreach (var residue in torsions)
        {
            if (!_backbone.Append(residue))
            {
                return false;
            }
        }

        return true;
    }

    // A loop of two residues between strands is a tight turn half of the time, which makes a hairpin.
    private void DrawUnit(int unit, Torsions[] torsions, ref CounterRandom random)
    {
        var segments = _units[unit];
        var afterStrand = unit > 0 && _units[unit - 1][^1].State == SecondaryState.Strand;
        var turn = afterStrand && segments is [{ State: SecondaryState.Loop, Length: 2 }, { State: SecondaryState.Strand }]
            && random.NextDouble() < 0.5 ? random.NextInt32(2) : -1;
        for (var index = 0; index < torsions.Length; index++)
        {
            torsions[index] = turn >= 0 && index < 2
                ? Torsions.DrawTurn(ref random, turn, index)
                : Torsions.Draw(ref random, _states[_starts[unit] + index]);
        }
    }

    // Å²: the squared radius of gyration of the folded part; a disordered end is judged by how far it points away.
    private double Score(int start, int end)
    {
        var (sum, squares, count) = (Vector3.Zero, 0.0, 0);
        for (var residue = 0; residue < end; residue++)
        {
            if (_states[residue] != SecondaryState.Disordered)
            {
                var ca = _backbone[residue, Backbone.Ca];
                sum += ca;
                squares += ca.LengthSquared();
                count++;
            }
        }

        var centre = count == 0 ? Vector3.Zero : sum / count;
        return _states[start] == SecondaryState.Disordered
            ? -Vector3.DistanceSquared(_backbone[end - 1, Backbone.Ca], centre)
            : (squares / count) - centre.LengthSquared();
    }
}
