using System.Collections;
using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Ism.Cli.Reference;

/// <summary>Arguments and options of every verb, from the declarations that the command line is parsed with.</summary>
internal static class VerbTables
{
    /// <summary>A section for each verb.</summary>
    public static string Of(RootCommand root)
    {
        var text = new StringBuilder();
        text.Append("Every verb takes `--help`, and:\n\n");
        text.Append(Table(root.Options.Where(o => o.Recursive)));
        foreach (var verb in Verbs(root, ""))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {Usage(verb.Path, verb.Command)}\n\n{Sentence(verb.Command.Description)}\n");
            var table = Table(verb.Command.Arguments, verb.Command.Options);
            if (table.Length > 0)
            {
                text.Append('\n').Append(table);
            }
        }

        return text.ToString();
    }

    // Most commands with commands below them do nothing themselves.
    private static IEnumerable<(string Path, Command Command)> Verbs(Command parent, string path) =>
        parent.Subcommands.Where(c => !c.Hidden).OrderBy(c => c.Name, StringComparer.Ordinal).SelectMany(c =>
            (c.Subcommands.Count == 0 || c.Action is not null ? new[] { ($"{path}{c.Name}", c) } : [])
                .Concat(Verbs(c, $"{path}{c.Name} ")));

    private static string Usage(string path, Command command) =>
        string.Join(' ', command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $"[{a.Name}]" : a.Name).Prepend(path));

    private static string Table(IEnumerable<Option> options) => Table([], options);

    private static string Table(IEnumerable<Argument> arguments, IEnumerable<Option> options)
    {
        IReadOnlyList<string>[] rows =
        [
            .. arguments.Where(a => !a.Hidden).Select(a => (string[])
                [Markdown.Code(a.Name), a.HasDefaultValue ? Default(a.GetDefaultValue()) : "", Sentence(a.Description)]),
            .. options.Where(o => !o.Hidden && o.Name is not ("--help" or "--version")).Select(o => (string[])
                [Markdown.Code(Named(o)), o.HasDefaultValue ? Default(o.GetDefaultValue()) : "", Sentence(o.Description) + (o.Required ? " (needed)" : "")]),
        ];
        return rows.Length == 0 ? "" : Markdown.Table(["option", "default", "meaning"], rows);
    }

    private static string Named(Option option) =>
        option.ValueType == typeof(bool) || option.HelpName is null ? option.Name : $"{option.Name} {option.HelpName}";

    private static string Default(object? value) => Markdown.Code(value switch
    {
        null or false => "",
        string text => text,
        IEnumerable list => string.Join(", ", list.Cast<object>()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    });

    private static string Sentence(string? text) => (text ?? "").TrimEnd();
}
