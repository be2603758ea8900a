using System.Globalization;
using Ism.Benchmarks.Featurizing;
using Ism.Structures;

// How fast structures become microenvironments and embeddings: reading, cleaning and neighbour search beside gemmi (C++) on the same
// files, by turns; the encoder beside the machine's own matrix products;
// whole chunks through one featurizer, with reading ahead and without. Pin it to one core for the first part (taskset -c 0).
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    var settings = Settings.Parse(args);
    string[] files = [.. Directory.EnumerateFiles(settings.Folder, "*", SearchOption.AllDirectories)
        .Where(StructureFiles.IsStructure).Order(StringComparer.Ordinal).Take(settings.Most)];
    var report = new Report(settings.Json);
    report.Line($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {settings.Folder}");
    if (settings.Parts.Contains("structures"))
    {
        StructurePart.Run(settings, report, files);
    }

    if (settings.Parts.Contains("encoder"))
    {
        EncoderPart.Run(settings, report, files);
    }

    if (settings.Parts.Contains("featurizer"))
    {
        FeaturizerPart.Run(settings, report, files);
    }

    report.End();
    return 0;
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
