using System.Diagnostics;
using Ism.Models.Autoencoder;
using Ism.Models.Esm2;
using Ism.Structures;
using TorchSharp;

namespace Ism.Cli.Benchmarks;

/// <summary>
/// Times the embedding of proteins from the sequence alone (the pass of `ism embed`, the result in host memory) beside what an embedding
/// from the structure takes for the same protein: its file read and cleaned, microenvironments, the encoder. Both by turns in one run.
/// Predicting the structure, where there is none, is in neither.
/// </summary>
/// <param name="model">The language model.</param>
/// <param name="encoder">The encoder.</param>
/// <param name="finder">Of microenvironments as the encoder takes them.</param>
public sealed class EmbedMeasurement(Esm2Model model, EnvironmentEncoder encoder, MicroenvironmentFinder finder)
{
    private static readonly StructureReaderOptions Reading = new() { MinLength = 1 };

    /// <summary>Medians of each file's times; a first round of all files warms up and does not count.</summary>
    /// <param name="files">Structures; the first chain of each is embedded.</param>
    /// <param name="repeats">Rounds that count.</param>
    /// <param name="say">Takes a line on what is under way.</param>
    /// <param name="cancel">Gives up between two proteins.</param>
    /// <exception cref="InvalidDataException">A file cannot be used.</exception>
    public IReadOnlyList<EmbedTiming> Run(IReadOnlyList<string> files, int repeats, Action<string> say, CancellationToken cancel)
    {
        var passes = files.Select(_ => new List<EmbedTiming>()).ToArray();
        for (var round = 0; round <= repeats; round++)
        {
            say(round == 0 ? "warms up" : $"round {round} of {repeats}");
            for (var i = 0; i < files.Count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                var timing = Once(files[i]);
                if (round > 0)
                {
                    passes[i].Add(timing);
                }
            }
        }

        return
        [
            .. passes.Select(of => of[0] with
            {
                Sequence = Median(of, t => t.Sequence),
                Reading = Median(of, t => t.Reading),
                Environments = Median(of, t => t.Environments),
                Encoding = Median(of, t => t.Encoding),
                Structure = Median(of, t => t.Structure),
                Both = Median(of, t => t.Both),
            }),
        ];
    }

    private EmbedTiming Once(string file)
    {
        var clock = Stopwatch.StartNew();
        var structure = Read(file);
        var read = clock.Elapsed.TotalSeconds;
        var chain = structure.Chains[0];
        var environments = finder.FindChain(structure, chain);
        var found = clock.Elapsed.TotalSeconds;
        encoder.Embed(environments);
        var whole = clock.Elapsed.TotalSeconds;
        clock.Restart();
        Represent(chain.Sequence);
        var sequence = clock.Elapsed.TotalSeconds;
        return new EmbedTiming(
            Path.GetFileName(file), chain.Sequence.Length, structure.Atoms.Count, sequence, read, found - read, whole - found, whole,
            whole + sequence);
    }

    /// <summary>The structure of a file.</summary>
    /// <exception cref="InvalidDataException">It cannot be used; says why.</exception>
    public static Structure Read(string file)
    {
        var result = StructureBatch.Read([.. StructureSources.List([file])], Reading).Single();
        return result.Structure ?? throw new InvalidDataException(result.Refusal!.Message);
    }

    private void Represent(string sequence)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var tokens = PackedTokens.From([Esm2Alphabet.EncodeResidues(sequence)], model.Device);
        using var output = model.Forward(tokens, Esm2Outputs.Representation);
        _ = output.Representation!.to(torch.float32, torch.CPU).data<float>().ToArray();
    }

    private static double Median(List<EmbedTiming> of, Func<EmbedTiming, double> time)
    {
        var sorted = of.Select(time).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
