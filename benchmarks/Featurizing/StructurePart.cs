using Ism.Structures;
using Ism.Structures.Measurement;

namespace Ism.Benchmarks.Featurizing;

/// <summary>Reading, cleaning and microenvironments on one core, by turns with gemmi on the same files.</summary>
internal static class StructurePart
{
    private const double Radius = 10;
    private const int WarmUp = 2;

    public static void Run(Settings settings, Report report, IReadOnlyList<string> files)
    {
        using var gemmi = GemmiPeer.Start(files, Radius, out var reason);
        if (gemmi is null)
        {
            report.Line($"no comparison with gemmi: {reason}");
        }

        var finder = new MicroenvironmentFinder(Radius);
        var structures = new List<Structure>();
        var rounds = new List<Round>();
        for (var round = -WarmUp; round < settings.Rounds; round++)
        {
            structures.Clear();
            var read = ReadingPass.Run(files, null, structures.Add);
            var peerRead = gemmi?.Run("read");
            var peerClean = gemmi?.Run("clean");
            var neighbours = EnvironmentPass.Neighbours(structures, finder);
            var peerNeighbours = gemmi?.Run("neighbours");
            var environments = EnvironmentPass.Microenvironments(structures, finder);
            gemmi?.Run("release");
            if (round >= 0)
            {
                rounds.Add(new Round(read, neighbours, environments, peerRead, peerClean, peerNeighbours));
            }
        }

        Tell(report, files.Count, rounds);
    }

    private static void Tell(Report report, int files, List<Round> rounds)
    {
        var first = rounds[0];
        report.Line($"{files} files, {first.Read.Refused} refused, {first.Read.StoredBytes / 1e6:F0} MB stored, "
            + $"{first.Read.ContentBytes / 1e6:F0} MB of text, {first.Neighbours.Residues} residues; medians of {rounds.Count} rounds");
        var read = Median(rounds, r => r.Read.Seconds);
        Phase(report, "read and clean", read, Median(rounds, r => r.PeerRead?.Seconds + r.PeerClean?.Seconds),
            files / read, "structures/s");
        Phase(report, "  load, gunzip", Median(rounds, r => r.Read.LoadSeconds), double.NaN,
            first.Read.StoredBytes / 1e6 / Median(rounds, r => r.Read.LoadSeconds), "MB of gz/s");
        Phase(report, "  load, gunzip, parse", Median(rounds, r => r.Read.LoadSeconds + r.Read.ParseSeconds),
            Median(rounds, r => r.PeerRead?.Seconds), files / Median(rounds, r => r.Read.LoadSeconds + r.Read.ParseSeconds), "structures/s");
        Phase(report, "  clean", Median(rounds, r => r.Read.CleanSeconds), Median(rounds, r => r.PeerClean?.Seconds),
            files / Median(rounds, r => r.Read.CleanSeconds), "structures/s");
        var neighbours = Median(rounds, r => r.Neighbours.Seconds);
        var environments = Median(rounds, r => r.Environments.Seconds);
        var peerNeighbours = Median(rounds, r => r.PeerNeighbours?.Seconds);
        Phase(report, "neighbours (indices)", neighbours, peerNeighbours, first.Neighbours.Residues / neighbours, "residues/s");
        Phase(report, "microenvironments", environments, peerNeighbours, first.Neighbours.Residues / environments, "residues/s");
        report.Line($"allocated: reading {first.Read.AllocatedBytes / files} bytes a structure, neighbours "
            + $"{(double)first.Neighbours.AllocatedBytes / first.Neighbours.Residues:F1} and microenvironments "
            + $"{first.Environments.AllocatedBytes / first.Environments.Residues} bytes a residue");
        report.Line($"atoms a residue: {(double)first.Neighbours.Atoms / first.Neighbours.Residues:F1} without its own"
            + $"{(first.PeerNeighbours is { } peer ? $"; gemmi {(double)peer.Atoms / peer.Items:F1} with its own" : "")}");
        report.Value("parse.structures_per_second", files / read);
        report.Value("parse.stored_bytes_per_second", first.Read.StoredBytes / read);
        report.Value("parse.allocated_bytes_per_structure", (double)first.Read.AllocatedBytes / files);
        report.Value("microenvironments.residues_per_second", first.Neighbours.Residues / environments);
        report.Value("microenvironments.neighbours_per_second", first.Neighbours.Residues / neighbours);
        if (!double.IsNaN(peerNeighbours))
        {
            report.Value("gemmi.read_structures_per_second", files / Median(rounds, r => r.PeerRead?.Seconds));
            report.Value("gemmi.neighbours_residues_per_second", first.PeerNeighbours!.Value.Items / peerNeighbours);
        }
    }

    private static void Phase(Report report, string name, double seconds, double peer, double rate, string unit)
    {
        var beside = double.IsNaN(peer) ? "" : FormattableString.Invariant($"   gemmi {peer * 1e3,7:F0} ms   {peer / seconds:F2} times as fast");
        report.Line($"{name,-22} {seconds * 1e3,7:F0} ms {rate,10:F0} {unit}{beside}");
    }

    private static double Median(List<Round> rounds, Func<Round, double?> of)
    {
        var values = rounds.ConvertAll(round => of(round) ?? double.NaN);
        values.Sort();
        return values[values.Count / 2];
    }

    private sealed record Round(
        ReadingPass Read, EnvironmentPass Neighbours, EnvironmentPass Environments, PeerPass? PeerRead, PeerPass? PeerClean,
        PeerPass? PeerNeighbours);
}
