using System.Text;

namespace Ism.Models.Tests.Serialization;

/// <summary>
/// Interprets exactly the pickle opcodes of a state dict, without creating anything by name: a global becomes its text, a call
/// becomes (function, arguments). Any other opcode is a failure.
/// </summary>
internal static class PickleReader
{
    public sealed record Call(string Function, object[] Arguments);

    public sealed record Persistent(object[] Id);

    private static readonly object MarkObject = new();

    /// <summary>The items that were set on the outermost object, in order.</summary>
    public static List<(string Key, object Value)> Items(byte[] pickle)
    {
        var stack = new List<object>();
        var items = new List<(string, object)>();
        Assert.Equal([0x80, 2], pickle[..2]);
        for (var i = 2; ;)
        {
            switch ((char)pickle[i++])
            {
                case 'c':
                    stack.Add($"{Line(pickle, ref i)}.{Line(pickle, ref i)}");
                    break;
                case ')':
                    stack.Add(Array.Empty<object>());
                    break;
                case '(':
                    stack.Add(MarkObject);
                    break;
                case 't':
                    stack.Add(PopToMark(stack));
                    break;
                case 'R':
                    var arguments = (object[])Pop(stack);
                    stack.Add(new Call((string)Pop(stack), arguments));
                    break;
                case 'Q':
                    stack.Add(new Persistent((object[])Pop(stack)));
                    break;
                case 'X':
                    var length = BitConverter.ToInt32(pickle, i);
                    stack.Add(Encoding.UTF8.GetString(pickle, i + 4, length));
                    i += 4 + length;
                    break;
                case 'J':
                    stack.Add((long)BitConverter.ToInt32(pickle, i));
                    i += 4;
                    break;
                case '\u0089':
                    stack.Add(false);
                    break;
                case 'u':
                    items.AddRange(PopToMark(stack).Chunk(2).Select(pair => ((string)pair[0], pair[1])));
                    break;
                case '.':
                    Assert.Equal(pickle.Length, i);
                    Assert.Equal("collections.OrderedDict", Assert.IsType<Call>(Assert.Single(stack)).Function);
                    return items;
                default:
                    throw new InvalidDataException($"opcode 0x{pickle[i - 1]:x2} at {i - 1}");
            }
        }
    }

    private static string Line(byte[] pickle, ref int i)
    {
        var end = Array.IndexOf(pickle, (byte)'\n', i);
        var line = Encoding.UTF8.GetString(pickle, i, end - i);
        i = end + 1;
        return line;
    }

    private static object Pop(List<object> stack)
    {
        var top = stack[^1];
        stack.RemoveAt(stack.Count - 1);
        return top;
    }

    private static object[] PopToMark(List<object> stack)
    {
        var mark = stack.LastIndexOf(MarkObject);
        var above = stack.Skip(mark + 1).ToArray();
        stack.RemoveRange(mark, stack.Count - mark);
        return above;
    }
}
