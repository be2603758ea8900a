using System.Globalization;
using Ism.Cluster.Palette;

namespace Ism.Coordinator.Palette;

/// <summary>A command was refused; the message says what to type instead.</summary>
public sealed class PaletteException(string message) : Exception(message);

/// <summary>The switches of a command, checked against what the command takes.</summary>
internal sealed class PaletteSwitches
{
    private readonly Dictionary<string, string> _values = [];
    private readonly PaletteVerb _verb;

    private PaletteSwitches(PaletteVerb verb) => _verb = verb;

    /// <summary>The value of a switch by its name; empty when it was not given and has no default.</summary>
    public string this[string name] => _values.GetValueOrDefault(name, "");

    /// <summary>Reads the switches of a command, given as "-r", "--role" or "role".</summary>
    /// <exception cref="PaletteException">There is no such command or switch, one is missing, or one was given twice.</exception>
    public static PaletteSwitches Read(PaletteCommand command)
    {
        var verb = IsmPalette.Verbs.FirstOrDefault(v => v.Name == command.Verb)
            ?? throw new PaletteException(
                $"there is no command '{command.Verb}'; there are {string.Join(", ", IsmPalette.Verbs.Select(v => v.Name))}");
        var read = new PaletteSwitches(verb);
        foreach (var (typed, value) in command.Switches)
        {
            read.Take(typed, value);
        }

        foreach (var argument in verb.Arguments.Where(a => !read._values.ContainsKey(a.Name)))
        {
            if (argument.IsMandatory)
            {
                throw new PaletteException($"{verb.Name} needs {argument.Switch}: {argument.Description}");
            }

            read._values[argument.Name] = argument.Default;
        }

        return read;
    }

    /// <summary>A number of at least one.</summary>
    /// <exception cref="PaletteException">It is none.</exception>
    public int Count(string name) =>
        int.TryParse(this[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
            : throw new PaletteException($"{_verb.Name} {SwitchOf(name)} {this[name]}: a whole number from 1 on is needed");

    /// <summary>One of the words that are taken.</summary>
    /// <exception cref="PaletteException">It is another.</exception>
    public string OneOf(string name, params string[] words) => words.Contains(this[name]) ? this[name]
        : throw new PaletteException($"{_verb.Name} {SwitchOf(name)} {this[name]}: use {string.Join(" or ", words)}");

    private string SwitchOf(string name) => _verb.Arguments.First(a => a.Name == name).Switch;

    private void Take(string typed, string value)
    {
        var argument = _verb.Arguments.FirstOrDefault(a => typed == a.Switch || typed.TrimStart('-') == a.Name)
            ?? throw new PaletteException(
                $"{_verb.Name} takes no {typed}; it takes {string.Join(", ", _verb.Arguments.Select(a => $"{a.Switch} ({a.Name})"))}");
        if (string.IsNullOrWhiteSpace(value))
        {
            throw new PaletteException($"{_verb.Name} {argument.Switch} needs a value: {argument.Description}");
        }

        if (!_values.TryAdd(argument.Name, value))
        {
            throw new PaletteException($"{_verb.Name} was given {argument.Switch} twice");
        }
    }
}
