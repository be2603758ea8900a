using System.Collections;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Ism.Cli.Jobs;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Reference;

/// <summary>docs/configuration.md: settings, variables of the environment and options of verbs, all from the code that reads them.</summary>
internal static class ConfigurationPage
{
    /// <summary>The page.</summary>
    /// <param name="root">The verbs.</param>
    public static string Write(RootCommand root)
    {
        var text = new StringBuilder();
        text.Append("""
            # Configuration reference

            Made from the code by `ism reference`; a test compares. How a job file is laid together, and what else holds of settings, is in
            [jobs.md](jobs.md); what follows is each setting with its default and what is allowed, the environment, and every verb's options.

            ## Job settings


            """);
        text.Append(SettingTable([.. Setting.Top.Where(s => !s.IsSection)]));
        foreach (var section in Setting.Top.Where(s => s.IsSection))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {section.Key}\n\n{SettingDocumentation.Of(section)}\n\n");
            text.Append(SettingTable(section.Children));
        }

        text.Append("\n## Environment\n\n");
        text.Append(Markdown.Table(["variable", "meaning"], EnvironmentTable.All.Select(v => (string[])[Markdown.Code(v.Name), v.Meaning])));
        text.Append("\n## Verbs\n\n");
        text.Append(VerbTables.Of(root));
        return text.ToString().ReplaceLineEndings("\n");
    }

    private static string SettingTable(IReadOnlyList<Setting> settings)
    {
        var limits = JobValidation.Limits();
        return Markdown.Table(
            ["key", "default", "allowed", "meaning"],
            settings.Select(s => (string[])
            [
                Markdown.Code(s.Path), Default(DefaultOf(s)), limits.GetValueOrDefault(s.Path, KindOf(s.Type)), SettingDocumentation.Of(s),
            ]));
    }

    private static object DefaultOf(Setting setting)
    {
        object owner = new JobOptions();
        if (setting.Path != setting.Key)
        {
            owner = Setting.Top.First(s => setting.Path.StartsWith(s.Key + '.', StringComparison.Ordinal)).Get(owner);
        }

        return setting.Get(owner);
    }

    private static string Default(object value) => value switch
    {
        "" => "empty",
        string text => Markdown.Code(text),
        bool truth => Markdown.Code(truth ? "true" : "false"),
        double number => Markdown.Code(number.ToString("0.############", CultureInfo.InvariantCulture)),
        IEnumerable list => Markdown.Code($"[{string.Join(", ", list.Cast<object>())}]"),
        IFormattable number => Markdown.Code(number.ToString(null, CultureInfo.InvariantCulture)),
        _ => throw new NotSupportedException($"a setting of type {value.GetType()} has no form here"),
    };

    private static string KindOf(Type type) => SettingValue.Describe(type);
}
