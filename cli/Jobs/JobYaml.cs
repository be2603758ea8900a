using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Ism.Protocol.Jobs;

namespace Ism.Cli.Jobs;

/// <summary>Writes a resolved job as a job file that gives the same job again, each key under the line that documents it.</summary>
public static partial class JobYaml
{
    private const int CommentWidth = 100;

    /// <summary>The job as YAML.</summary>
    /// <param name="file">A resolved job; values that are not defaults are marked with where they came from.</param>
    /// <param name="documented">Whether to write what each setting means.</param>
    public static string Write(JobFile file, bool documented = true)
    {
        var text = new StringBuilder();
        if (file.Variant.Length > 0)
        {
            text.Append("# with the settings of variant ").Append(file.Variant).Append('\n');
        }

        Write(text, file, file.Job, Setting.Top, "", documented);
        return text.ToString();
    }

    private static void Write(
        StringBuilder text, JobFile file, object owner, IReadOnlyList<Setting> settings, string indent, bool documented)
    {
        foreach (var setting in settings)
        {
            var value = setting.Get(owner);
            if (documented)
            {
                if (setting.IsSection)
                {
                    text.Append('\n');
                }

                Comment(text, indent, SettingDocumentation.Of(setting));
            }

            text.Append(indent).Append(setting.Key).Append(':');
            if (setting.IsSection)
            {
                text.Append('\n');
                Write(text, file, value, setting.Children, indent + "  ", documented);
                continue;
            }

            text.Append(' ').Append(Value(value));
            if (file.Origins.TryGetValue(setting.Path, out var origin))
            {
                text.Append("  # ").Append(origin.ReplaceLineEndings(" "));
            }

            text.Append('\n');
        }
    }

    private static void Comment(StringBuilder text, string indent, string comment)
    {
        var line = new StringBuilder();
        foreach (var word in comment.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && indent.Length + line.Length + word.Length + 3 > CommentWidth)
            {
                text.Append(indent).Append('#').Append(line).Append('\n');
                line.Clear();
            }

            line.Append(' ').Append(word);
        }

        if (line.Length > 0)
        {
            text.Append(indent).Append('#').Append(line).Append('\n');
        }
    }

    private static string Value(object value) => value switch
    {
        string s => Text(s),
        bool b => b ? "true" : "false",
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        IReadOnlyList<string> list => $"[{string.Join(", ", list.Select(Text))}]",
        IReadOnlyList<int> list => $"[{string.Join(", ", list)}]",
        IReadOnlyList<TeacherOptions> list => RecordList.Write(list, typeof(TeacherOptions), Value),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"a job file has no form for {value.GetType()}"),
    };

    /// <summary>Bare where YAML reads a bare word as text, else quoted with JSON's escapes, which YAML shares.</summary>
    private static string Text(string s) =>
        Bare().IsMatch(s) && s is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off")
            ? s
            : System.Text.Json.JsonSerializer.Serialize(s, Quoting);

    private static readonly System.Text.Json.JsonSerializerOptions Quoting =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [GeneratedRegex(@"^[A-Za-z/][A-Za-z0-9_./-]*\z")]
    private static partial Regex Bare();
}
