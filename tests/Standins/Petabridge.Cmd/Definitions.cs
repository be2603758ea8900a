namespace Petabridge.Cmd;

/// <summary>Stand-in: an argument of a command.</summary>
public sealed record ArgumentDefinition(string Name, string Description, bool IsMandatory, string Switch, string? DefaultValue);

/// <summary>Stand-in: a command.</summary>
public sealed record CommandDefinition(string Name, string Description, IReadOnlyList<ArgumentDefinition> Arguments);

/// <summary>Stand-in: the commands of a module.</summary>
public class CommandPalette(string moduleName, IEnumerable<CommandDefinition> commands)
{
    /// <summary>Its name.</summary>
    public string ModuleName { get; } = moduleName;

    /// <summary>Its commands.</summary>
    public IReadOnlyList<CommandDefinition> Commands { get; } = [.. commands];
}

/// <summary>Stand-in: describes an argument.</summary>
public sealed class ArgumentDefinitionBuilder
{
    private ArgumentDefinition _argument = new("", "", false, "", null);

    /// <summary>Names it.</summary>
    public ArgumentDefinitionBuilder WithName(string name) => With(_argument with { Name = name });

    /// <summary>Describes it.</summary>
    public ArgumentDefinitionBuilder WithDescription(string description) => With(_argument with { Description = description });

    /// <summary>Says whether it must be given.</summary>
    public ArgumentDefinitionBuilder IsMandatory(bool isMandatory) => With(_argument with { IsMandatory = isMandatory });

    /// <summary>Its switch.</summary>
    public ArgumentDefinitionBuilder WithSwitch(string text) => With(_argument with { Switch = text });

    /// <summary>What holds without it.</summary>
    public ArgumentDefinitionBuilder WithDefaultValue(string value) => With(_argument with { DefaultValue = value });

    /// <summary>The argument.</summary>
    public ArgumentDefinition Build() => _argument;

    private ArgumentDefinitionBuilder With(ArgumentDefinition argument)
    {
        _argument = argument;
        return this;
    }
}

/// <summary>Stand-in: describes a command.</summary>
public sealed class CommandDefinitionBuilder
{
    private readonly List<ArgumentDefinition> _arguments = [];
    private string _name = "";
    private string _description = "";

    /// <summary>Names it.</summary>
    public CommandDefinitionBuilder WithName(string name)
    {
        _name = name;
        return this;
    }

    /// <summary>Describes it.</summary>
    public CommandDefinitionBuilder WithDescription(string description)
    {
        _description = description;
        return this;
    }

    /// <summary>Adds an argument.</summary>
    public CommandDefinitionBuilder WithArgument(Func<ArgumentDefinitionBuilder, ArgumentDefinitionBuilder> describe)
    {
        _arguments.Add(describe(new ArgumentDefinitionBuilder()).Build());
        return this;
    }

    /// <summary>The command.</summary>
    public CommandDefinition Build() => new(_name, _description, [.. _arguments]);
}
