using Ism.Protocol.Wire;

namespace Ism.Protocol.Tests;

/// <summary>An instance of any message type, every property filled with a value that differs from its default.</summary>
internal static class WireMessages
{
    public static object Sample(Type type) => Value(type, new Random(7));

    private static object Value(Type type, Random random)
    {
        if (type == typeof(string))
        {
            return $"text-{random.Next()}";
        }

        if (type == typeof(int) || type == typeof(long) || type == typeof(ulong) || type == typeof(double) || type == typeof(byte))
        {
            return Convert.ChangeType(random.Next(1, 100), type, System.Globalization.CultureInfo.InvariantCulture);
        }

        if (type == typeof(bool))
        {
            return true;
        }

        if (type.IsEnum)
        {
            return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!;
        }

        if (type.IsArray)
        {
            var array = Array.CreateInstance(type.GetElementType()!, 3);
            for (var i = 0; i < array.Length; i++)
            {
                array.SetValue(Value(type.GetElementType()!, random), i);
            }

            return array;
        }

        if (type == typeof(Dictionary<string, double>))
        {
            return new Dictionary<string, double> { ["a"] = 1.5, ["b"] = double.MaxValue };
        }

        if (type.Namespace?.StartsWith("Ism.Protocol", StringComparison.Ordinal) != true)
        {
            throw new NotSupportedException($"{type} is no type of the wire; extend this test");
        }

        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).First();
        var made = constructor.Invoke([.. constructor.GetParameters().Select(p => Value(p.ParameterType, random))]);
        foreach (var property in type.GetProperties().Where(p => p.CanWrite && constructor.GetParameters().All(c => c.Name != p.Name)))
        {
            property.SetValue(made, Value(property.PropertyType, random));
        }

        return made;
    }

    public static TheoryData<Type> AllTypes()
    {
        var data = new TheoryData<Type>();
        foreach (var type in WireManifests.MessageTypes)
        {
            data.Add(type);
        }

        return data;
    }
}
