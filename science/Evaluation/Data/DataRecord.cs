using System.Globalization;

namespace Ism.Evaluation.Data;

/// <summary>A file of the user's that cannot be used: what is wrong, in which line, and what to change.</summary>
/// <param name="file">The file.</param>
/// <param name="line">Line number from 1, or 0 where the whole file is meant.</param>
/// <param name="detail">What is wrong.</param>
public sealed class DataFileException(string file, int line, string detail)
    : FormatException(line > 0 ? $"{file}, line {line}: {detail}" : $"{file}: {detail}");

/// <summary>One record of a data file: named fields as text, and where it stands.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">Line on which it begins, from 1.</param>
/// <param name="Fields">By name, without regard to case.</param>
public sealed record DataRecord(string File, int Line, IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>The first of the named fields that is there and not empty, or null.</summary>
    public string? Find(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Fields.TryGetValue(name, out var value) && value.Length > 0)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The first of the named fields.</summary>
    /// <exception cref="DataFileException">None is there.</exception>
    public string Require(params ReadOnlySpan<string> names) => Find(names) ?? throw Wrong(
        $"there is no {string.Join(" or ", names.ToArray())}; the fields are {string.Join(", ", Fields.Keys)}");

    /// <summary>A number.</summary>
    /// <exception cref="DataFileException">It is absent or no finite number.</exception>
    public double RequireNumber(params ReadOnlySpan<string> names)
    {
        var text = Require(names);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw Wrong($"'{text}' is no number ({names[0]})");
    }

    /// <summary>An error that names this record.</summary>
    public DataFileException Wrong(string detail) => new(File, Line, detail);
}
