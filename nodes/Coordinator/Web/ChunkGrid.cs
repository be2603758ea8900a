using System.Text;
using Ism.Protocol.Jobs;

namespace Ism.Coordinator.Web;

/// <summary>Cells of one state.</summary>
/// <param name="Key">Name of its style.</param>
/// <param name="Name">For people.</param>
/// <param name="Chunks">Chunks of the work in this state.</param>
/// <param name="Path">The cells.</param>
public sealed record ChunkLayer(string Key, string Name, int Chunks, string Path);

/// <summary>The chunks of a work as a grid of cells, in the catalogue's order; a cell stands for several chunks where there are many.</summary>
/// <param name="Work">The work.</param>
/// <param name="PerCell">Chunks of a cell.</param>
/// <param name="Rows">Rows of cells.</param>
/// <param name="Layers">Cells by state; those of one path have one colour.</param>
/// <param name="Holders">Nodes with the number of chunks that each holds.</param>
public sealed record ChunkGrid(
    WorkStatus Work, int PerCell, int Rows, IReadOnlyList<ChunkLayer> Layers, IReadOnlyList<(string Node, int Chunks)> Holders)
{
    /// <summary>Cells of a row.</summary>
    public const int Columns = 64;

    /// <summary>Side of a cell with the gap after it.</summary>
    public const int Cell = 10;

    private const int Gap = 1;
    private const int MostCells = 2048;

    /// <summary>Most chunks whose places are asked for: the answer must fit one message between nodes.</summary>
    public const int MostChunks = 100_000;

    private static readonly (string Key, string Name)[] States =
        [("waiting", "not begun"), ("leased", "in a featurizer"), ("committed", "done"), ("failing", "failed, tried again")];

    /// <summary>The grid of a work.</summary>
    /// <param name="work">The work.</param>
    /// <param name="map">Its chunks.</param>
    /// <param name="nameOf">Name of the node with an address.</param>
    public static ChunkGrid Of(WorkStatus work, ChunkMap map, Func<string, string> nameOf)
    {
        var perCell = Math.Max(1, (map.States.Length + MostCells - 1) / MostCells);
        var cells = map.States.Chunk(perCell).Select(StateOf).ToList();
        var layers = States.Select((state, i) => new ChunkLayer(
            state.Key, state.Name, map.States.Count(s => s == i), PathOf(cells, i))).ToList();
        if (perCell > 1)
        {
            layers.Insert(2, new ChunkLayer("partly", "partly done", 0, PathOf(cells, PartlyDone)));
        }

        var holders = map.HeldBy.GroupBy(n => n).Where(g => g.Key >= 0 && g.Key < map.Nodes.Length)
            .Select(g => (nameOf(map.Nodes[g.Key]), g.Count())).OrderBy(h => h.Item1, StringComparer.Ordinal);
        return new ChunkGrid(work, perCell, Math.Max(1, (cells.Count + Columns - 1) / Columns), layers, [.. holders]);
    }

    private const int PartlyDone = 4;

    // What a person should see first wins.
    private static int StateOf(byte[] chunks) =>
        chunks.Contains((byte)ChunkState.Failing) ? (int)ChunkState.Failing
        : chunks.Contains((byte)ChunkState.Leased) ? (int)ChunkState.Leased
        : chunks.All(c => c == (byte)ChunkState.Committed) ? (int)ChunkState.Committed
        : chunks.Contains((byte)ChunkState.Committed) ? PartlyDone
        : (int)ChunkState.Waiting;

    private static string PathOf(List<int> cells, int state)
    {
        var path = new StringBuilder();
        for (var i = 0; i < cells.Count; i++)
        {
            if (cells[i] == state)
            {
                path.Append(System.Globalization.CultureInfo.InvariantCulture,
                    $"M{i % Columns * Cell} {i / Columns * Cell}h{Cell - Gap}v{Cell - Gap}h-{Cell - Gap}z");
            }
        }

        return path.ToString();
    }
}
