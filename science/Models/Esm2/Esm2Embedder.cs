using Ism.Models.Serialization;
using TorchSharp;

namespace Ism.Models.Esm2;

/// <summary>
/// Embeds the sequences of a FASTA file into one safetensors file: float32 (structure tokens int32), one row a residue, no rows
/// for &lt;cls&gt; and &lt;eos&gt;. The FASTA file is read twice, once for the shapes and once to compute, so that memory holds
/// one batch.
/// </summary>
public sealed class Esm2Embedder(Esm2Model model, IReadOnlyList<StructureHead> heads) : IDisposable
{
    /// <summary>Loads a model (see <see cref="Esm2Checkpoint.Load"/>) and the structure heads of its folder, if any.</summary>
    public static Esm2Embedder Open(string path, torch.Device? device = null)
    {
        var model = Esm2Checkpoint.Load(path, device: device);
        try
        {
            var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
            return new Esm2Embedder(model, StructureHead.Load(folder, model.Config.Width, device: device));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Embeds all records; returns how many sequences and residues there were. The file appears when complete.</summary>
    /// <exception cref="FormatException">The FASTA is malformed, an id appears twice, or a sequence is too long or holds a
    /// character that is no residue; the message names the record. Nothing has been computed then.</exception>
    /// <exception cref="InvalidOperationException">Contacts or structure tokens are asked for, but the model has no such head.
    /// </exception>
    public EmbedProgress Embed(
        string fasta, string output, EmbedOptions options, IProgress<EmbedProgress>? progress = null,
        CancellationToken cancel = default)
    {
        RequireHeads(options.Include);
        var (specs, total) = Survey(fasta, options);
        using var writer = new SafeTensorsWriter(output, specs);
        var done = total with { Records = 0, Residues = 0 };
        foreach (var batch in Batches(fasta, options.TokensPerBatch))
        {
            cancel.ThrowIfCancellationRequested();
            Write(batch, options.Include, writer);
            var residues = batch.Sum(record => (long)record.Sequence.Length);
            done = done with { Records = done.Records + batch.Count, Residues = done.Residues + residues };
            progress?.Report(done);
        }

        writer.Commit();
        return done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        model.Dispose();
        foreach (var head in heads)
        {
            head.Dispose();
        }
    }

    private void RequireHeads(Embeddings include)
    {
        if (include.HasFlag(Embeddings.Contacts) && !model.HasContactHead)
        {
            throw new InvalidOperationException("contacts are asked for, but the model came without a contact head");
        }

        if (include.HasFlag(Embeddings.StructureTokens) && !Heads(features: false).Any())
        {
            throw new InvalidOperationException("structure tokens are asked for, but the model's folder has no "
                + $"{StructureHead.FileName} with heads for them; models that were structure-tuned here have one");
        }

        if (include.HasFlag(Embeddings.StructureFeatures) && !Heads(features: true).Any())
        {
            throw new InvalidOperationException("structure features are asked for, but the model's folder has no "
                + $"{StructureHead.FileName} with a head for them; models tuned with tuning.structureTarget: features have one");
        }
    }

    /// <summary>Checks every record and lists the tensors to write, in the order in which they are computed.</summary>
    private (List<TensorSpec> Specs, EmbedProgress Total) Survey(string fasta, EmbedOptions options)
    {
        var specs = new List<TensorSpec>();
        var ids = new HashSet<string>();
        long residues = 0;
        foreach (var (id, sequence) in FastaFile.Read(fasta))
        {
            if (!ids.Add(id))
            {
                throw new FormatException($"{fasta}: the id '{id}' appears twice; ids name the tensors and must differ");
            }

            if (sequence.Length > options.MaxLength)
            {
                throw new FormatException($"{fasta}: '{id}' has {sequence.Length} residues, more than the {options.MaxLength} "
                    + "allowed; raise the limit or leave it out");
            }

            try
            {
                Esm2Alphabet.EncodeResidues(sequence);
            }
            catch (FormatException e)
            {
                throw new FormatException($"{fasta}: record '{id}': {e.Message}", e);
            }

            specs.AddRange(Specs(id, sequence.Length, options.Include));
            residues += sequence.Length;
        }

        return ids.Count > 0
            ? (specs, new EmbedProgress(ids.Count, ids.Count, residues, residues))
            : throw new FormatException($"{fasta} holds no sequence");
    }

    private IEnumerable<TensorSpec> Specs(string id, long length, Embeddings include)
    {
        var (layers, width, vocabulary) = (model.Config.Layers + 1, model.Config.Width, model.Config.VocabularySize);
        (Embeddings Kind, string Name, long[] Shape)[] all =
        [
            (Embeddings.Representation, "representation", [length, width]), (Embeddings.Logits, "logits", [length, vocabulary]),
            (Embeddings.Contacts, "contacts", [length, length]), (Embeddings.Layers, "layers", [layers, length, width]),
        ];
        var specs = all.Where(one => include.HasFlag(one.Kind))
            .Select(one => new TensorSpec($"{id}/{one.Name}", torch.ScalarType.Float32, one.Shape));
        if (include.HasFlag(Embeddings.StructureTokens))
        {
            specs = specs.Concat(Heads(features: false).Select(head => new TensorSpec(NameOf(id, head), torch.ScalarType.Int32, [length])));
        }

        return include.HasFlag(Embeddings.StructureFeatures)
            ? specs.Concat(Heads(features: true).Select(head => new TensorSpec(
                NameOf(id, head), torch.ScalarType.Float32, [length, head.Bias.shape[0]])))
            : specs;
    }

    private IEnumerable<StructureHead> Heads(bool features) => heads.Where(head => head.IsFeatures == features);

    private static IEnumerable<List<FastaRecord>> Batches(string fasta, int tokensPerBatch)
    {
        var batch = new List<FastaRecord>();
        var tokens = 0;
        foreach (var record in FastaFile.Read(fasta))
        {
            var own = record.Sequence.Length + 2;
            if (batch.Count > 0 && tokens + own > tokensPerBatch)
            {
                yield return batch;
                (batch, tokens) = ([], 0);
            }

            batch.Add(record);
            tokens += own;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private void Write(List<FastaRecord> batch, Embeddings include, SafeTensorsWriter writer)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var encoded = batch.ConvertAll(record => Esm2Alphabet.EncodeResidues(record.Sequence));
        using var tokens = PackedTokens.From(encoded, model.Device);
        using var output = model.Forward(tokens, Wanted(include));
        long start = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            var (id, first, length) = (batch[i].Id, start + 1, batch[i].Sequence.Length);
            start += tokens.Lengths[i];
            if (include.HasFlag(Embeddings.Representation))
            {
                writer.Write($"{id}/representation", Single(Rows(output.Representation!)));
            }

            if (include.HasFlag(Embeddings.Logits))
            {
                writer.Write($"{id}/logits", Single(Rows(output.Logits!)));
            }

            if (include.HasFlag(Embeddings.Contacts))
            {
                writer.Write($"{id}/contacts", Single(output.Contacts![i]));
            }

            if (include.HasFlag(Embeddings.Layers))
            {
                writer.Write($"{id}/layers", Single(torch.stack([.. output.Layers!.Select(Rows)], 0)));
            }

            if (include.HasFlag(Embeddings.StructureTokens))
            {
                foreach (var head in Heads(features: false))
                {
                    writer.Write(NameOf(id, head), head.Output(Rows(output.Representation!)).argmax(1).to(torch.int32));
                }
            }

            if (include.HasFlag(Embeddings.StructureFeatures))
            {
                foreach (var head in Heads(features: true))
                {
                    writer.Write(NameOf(id, head), Single(head.Output(Rows(output.Representation!))));
                }
            }

            torch.Tensor Rows(torch.Tensor packed) => packed.narrow(0, first, length);
        }
    }

    private static Esm2Outputs Wanted(Embeddings include)
    {
        var wanted = Esm2Outputs.None;
        foreach (var (kind, output) in ((Embeddings, Esm2Outputs)[])
        [
            (Embeddings.Representation, Esm2Outputs.Representation), (Embeddings.StructureTokens, Esm2Outputs.Representation),
            (Embeddings.StructureFeatures, Esm2Outputs.Representation),
            (Embeddings.Logits, Esm2Outputs.Logits), (Embeddings.Contacts, Esm2Outputs.Contacts),
            (Embeddings.Layers, Esm2Outputs.Layers),
        ])
        {
            wanted |= include.HasFlag(kind) ? output : Esm2Outputs.None;
        }

        return wanted;
    }

    private static torch.Tensor Single(torch.Tensor tensor) => tensor.to(torch.float32);

    private static string NameOf(string id, StructureHead head) =>
        $"{id}/{(head.IsFeatures ? "structure-features" : "structure-tokens")}/{head.Name}";
}
