using Ism.Cli.Jobs;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Tests.Jobs;

public class JobValidationTests
{
    [Fact]
    public void Should_accept_the_defaults() => Assert.Empty(JobValidation.Check(new JobOptions()));

    [Theory]
    [InlineData("name = 'a b': ", "name=a b")]
    [InlineData("workspace = empty: ", "workspace=")]
    [InlineData("model.layers = 0: must be between 1 and 1000", "model.layers=0")]
    [InlineData("model.heads = 7 and model.width = 320: model.heads must divide model.width", "model.heads=7")]
    [InlineData("model.width = 60 and model.heads = 20: a head is 3 wide and rotary positions need an even number", "model.width=60")]
    [InlineData("corpus.chunkSize = 257: must be between 1 and 256", "corpus.chunkSize=257")]
    [InlineData("featurizing.readAhead = 65: must be between 0 and 64", "featurizing.readAhead=65")]
    [InlineData("corpus.minLength = 50 and corpus.maxLength = 40: no chain has such a length", "corpus.minLength=50", "corpus.maxLength=40")]
    [InlineData("corpus.radius = 0.5: must be between 1 and 50 Å", "corpus.radius=0.5")]
    [InlineData("autoencoder.objective = 'aminoacid': use autoencoder or amino-acid; did you mean 'amino-acid'?", "autoencoder.objective=aminoacid")]
    [InlineData("autoencoder.pairActivation = 'gellu': use linear or gelu; did you mean 'gelu'?", "autoencoder.pairActivation=gellu")]
    [InlineData("autoencoder.layerScale = -1: must be between 0 and 10", "autoencoder.layerScale=-1")]
    [InlineData("autoencoder.heads = 3 and autoencoder.width = 128: ", "autoencoder.heads=3")]
    [InlineData("autoencoder.stage1Epochs = 0 and autoencoder.stage2Epochs = 0: nothing would be trained", "autoencoder.stage1Epochs=0", "autoencoder.stage2Epochs=0")]
    [InlineData("autoencoder.learningRate = 0: must be above 0 and at most 1", "autoencoder.learningRate=0")]
    [InlineData("codebook.clusters = 1: must be between 2 and 32767", "codebook.clusters=1")]
    [InlineData("codebook.clusters = 32768: must be between 2 and 32767", "codebook.clusters=32768", "codebook.startSample=40000")]
    [InlineData("tuning.structureTarget = 'feature': use tokens or features; did you mean 'features'?", "tuning.structureTarget=feature")]
    [InlineData("codebook.elbow = […, 0, …]: every K is between 1 and 65535", "codebook.elbow=[8, 0]")]
    [InlineData("codebook.startSample = 10 and codebook.clusters = 64: ", "codebook.startSample=10")]
    [InlineData("codebook.excludedToken = 'never': use auto, none, or a token id", "codebook.excludedToken=never")]
    [InlineData("codebook.excludedToken = 64 and codebook.clusters = 64: tokens are 0 to 63", "codebook.excludedToken=64")]
    [InlineData("mutrank.target = 'ranks': use rank or log-odds or probability; did you mean 'rank'?", "mutrank.target=ranks")]
    [InlineData("mutrank.clusters = 1: must be between 2 and 32767", "mutrank.clusters=1")]
    [InlineData("mutrank.identity = 0: must be above 0 and at most 1", "mutrank.identity=0")]
    [InlineData("mutrank.excludedToken = '512': use auto, none, or a token from 0 to 511", "mutrank.excludedToken=512")]
    [InlineData("mutrank.epochs = 0: nothing would be trained", "mutrank.epochs=0", "mutrank.alignments=/a3m")]
    [InlineData("codebook.startSample = 400 and mutrank.clusters = 512: ", "codebook.startSample=400", "mutrank.alignments=/a3m")]
    [InlineData("teachers[0].name = 'mutrank': is taken", "mutrank.from=/m", "teachers=[{name: mutrank, tokens: a.csv, clusters: 8}]")]
    [InlineData("autoencoder.heads = 3 and autoencoder.width = 128: ", "autoencoder.from=/models/ae", "autoencoder.heads=3", "mutrank.alignments=/a3m")]
    [InlineData("tuning.warmupEpochs = 20 and tuning.epochs = 20: ", "tuning.warmupEpochs=20")]
    [InlineData("tuning.learningRate = 2: must be above 0 and at most 1", "tuning.learningRate=2")]
    [InlineData("tuning.maskFraction = 1.5: must be between 0 and 1", "tuning.maskFraction=1.5")]
    [InlineData("tuning.maskFraction = 0 and tuning.mlmWeight = 1: ", "tuning.maskFraction=0")]
    [InlineData("tuning.structureWeight = 0 and tuning.mlmWeight = 0: nothing would be trained", "tuning.structureWeight=0", "tuning.mlmWeight=0")]
    [InlineData("tuning.tokensPerMicroBatch = 513 and tuning.crop = 512: one crop with its BOS and EOS is 514 tokens", "tuning.tokensPerMicroBatch=513")]
    [InlineData("tuning.keepCheckpoints = 0: must be between 1 and", "tuning.keepCheckpoints=0")]
    [InlineData("tuning.keepCheckpointEvery = -1: must be between 0 and", "tuning.keepCheckpointEvery=-1")]
    [InlineData("tuning.keepCheckpointEvery = 150 and tuning.checkpointEvery = 100: ", "tuning.keepCheckpointEvery=150", "tuning.checkpointEvery=100")]
    [InlineData("tuning.nonFinite = 'halt': use skip or stop", "tuning.nonFinite=halt")]
    [InlineData("tuning.nonFiniteLimit = 0: must be between 1 and", "tuning.nonFiniteLimit=0")]
    [InlineData("tuning.outlierSigma = -1: must be between 0 and", "tuning.outlierSigma=-1")]
    [InlineData("training.precision = 'fp16': use fp32 or tf32 or bf16", "training.precision=fp16")]
    [InlineData("training.activationCheckpointing = 'all': use none or blocks", "training.activationCheckpointing=all")]
    [InlineData("cluster.trainers = 0: must be between 1 and", "cluster.trainers=0")]
    [InlineData("cluster.collectives = 'ncll': use auto or ring or nccl; did you mean 'nccl'?", "cluster.collectives=ncll")]
    [InlineData("cluster.leaseSeconds = 0.1: must be between 1 and 86400 s", "cluster.leaseSeconds=0.1")]
    public void Should_name_the_settings_their_values_and_the_change(string expected, params string[] overrides)
    {
        var problem = Assert.Single(JobValidation.Check(Layers.Resolve("", overrides).Job));
        Assert.StartsWith(expected, problem);
    }

    [Theory]
    [InlineData("model.from=/models/esm2", "model.width=60")]
    [InlineData("autoencoder.from=/models/ae", "autoencoder.heads=3")]
    [InlineData("codebook.from=/models/cb", "codebook.excludedToken=200")]
    public void Should_not_check_a_shape_that_is_loaded(params string[] overrides) =>
        Assert.Empty(JobValidation.Check(Layers.Resolve("", overrides).Job));

    [Fact]
    public void Should_say_which_input_is_not_there()
    {
        var job = new JobOptions { Corpus = new CorpusOptions { Heldout = ["/no/such/folder"] }, Workspace = Path.GetTempFileName() };
        var problems = JobValidation.CheckInputs(job);
        File.Delete(job.Workspace);
        Assert.Equal(3, problems.Count);
        Assert.StartsWith("corpus.structures = []: name the structures to train on", problems[0]);
        Assert.StartsWith("corpus.heldout = /no/such/folder: there is no such file or folder", problems[1]);
        Assert.EndsWith("is a file; name a folder", problems[2]);
    }

    [Fact]
    public void Should_accept_inputs_that_are_there()
    {
        var job = new JobOptions { Corpus = new CorpusOptions { Structures = [AppContext.BaseDirectory] } };
        Assert.Empty(JobValidation.CheckInputs(job));
    }
}
