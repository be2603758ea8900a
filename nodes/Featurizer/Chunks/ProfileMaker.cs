using Ism.Corpus.Alignments;
using Ism.Featurizer.Isolation;
using Ism.Structures;
using Ism.Structures.Alignments;

namespace Ism.Featurizer.Chunks;

/// <summary>Structure -> chains -> their alignments -> profiles. Used by one thread.</summary>
public sealed class ProfileMaker : StructureWork
{
    private readonly ChainProfiler _profiler;

    /// <summary>With the job's alignments.</summary>
    public ProfileMaker(FeaturizerContext context)
    {
        var settings = context.Job.Mutrank;
        _profiler = new ChainProfiler(
            context.Alignments, new ProfileOptions { PseudoCounts = settings.PseudoCounts, Identity = settings.Identity }, settings.Sequences);
    }

    /// <inheritdoc/>
    public override bool SharesCores => true;

    /// <inheritdoc/>
    public override PreparedStructure Prepare(long position, Structure structure) => new(structure, []);

    /// <inheritdoc/>
    public override StructureProduct Finish(long position, string name, PreparedStructure prepared) =>
        StructureProduct.None with { Profiles = _profiler.Of(prepared.Structure, name) };
}
