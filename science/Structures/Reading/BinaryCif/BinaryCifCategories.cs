namespace Ism.Structures;

/// <summary>Finds the categories of a BinaryCIF file and where their columns' data stand; decodes none of them.</summary>
internal static class BinaryCifCategories
{
    /// <summary>Categories by name, in lower case. Of several of one name, in one block or more, the first.</summary>
    /// <exception cref="BinaryCifException">The content is cut or is not of the form.</exception>
    public static Dictionary<string, BinaryCifCategory> Find(ReadOnlySpan<byte> content)
    {
        var found = new Dictionary<string, BinaryCifCategory>(StringComparer.Ordinal);
        var cursor = new MessagePackCursor(content, 0);
        for (var pairs = cursor.ReadMap("the file"); pairs > 0; pairs--)
        {
            if (!cursor.ReadText("the name of a field").SequenceEqual("dataBlocks"u8))
            {
                cursor.Skip();
                continue;
            }

            for (var blocks = cursor.ReadArray("dataBlocks"); blocks > 0; blocks--)
            {
                Block(ref cursor, found);
            }
        }

        return found;
    }

    private static void Block(ref MessagePackCursor cursor, Dictionary<string, BinaryCifCategory> found)
    {
        for (var pairs = cursor.ReadMap("a data block"); pairs > 0; pairs--)
        {
            if (!cursor.ReadText("the name of a field").SequenceEqual("categories"u8))
            {
                cursor.Skip();
                continue;
            }

            for (var categories = cursor.ReadArray("categories"); categories > 0; categories--)
            {
                var category = Category(ref cursor);
                found.TryAdd(category.Name, category);
            }
        }
    }

    private static BinaryCifCategory Category(ref MessagePackCursor cursor)
    {
        var name = "";
        var rows = 0;
        var columns = new List<(string, int, int)>();
        for (var pairs = cursor.ReadMap("a category"); pairs > 0; pairs--)
        {
            var key = cursor.ReadText("the name of a field");
            if (key.SequenceEqual("name"u8))
            {
                name = Lower(cursor.ReadText("a category's name"));
            }
            else if (key.SequenceEqual("rowCount"u8))
            {
                rows = cursor.ReadInteger("rowCount");
            }
            else if (key.SequenceEqual("columns"u8))
            {
                for (var count = cursor.ReadArray("columns"); count > 0; count--)
                {
                    columns.Add(Column(ref cursor));
                }
            }
            else
            {
                cursor.Skip();
            }
        }

        return rows < 0 ? throw BinaryCifException.Damaged($"category {name} of {rows} rows")
            : new BinaryCifCategory(name, rows, columns);
    }

    private static (string, int, int) Column(ref MessagePackCursor cursor)
    {
        var name = "";
        int data = -1, mask = -1;
        for (var pairs = cursor.ReadMap("a column"); pairs > 0; pairs--)
        {
            var key = cursor.ReadText("the name of a field");
            if (key.SequenceEqual("name"u8))
            {
                name = Lower(cursor.ReadText("a column's name"));
                continue;
            }

            var isMask = key.SequenceEqual("mask"u8);
            if (key.SequenceEqual("data"u8))
            {
                data = cursor.Position;
            }
            else if (isMask && cursor.TryReadNull())
            {
                continue;
            }
            else if (isMask)
            {
                mask = cursor.Position;
            }

            cursor.Skip();
        }

        return (name, data, mask);
    }

    private static string Lower(ReadOnlySpan<byte> name) => name.Length <= 200
        ? System.Text.Encoding.UTF8.GetString(name).ToLowerInvariant()
        : throw BinaryCifException.Damaged($"a name of {name.Length} bytes");
}

/// <summary>One category: its number of rows, and its columns with the offsets of their data and masks (-1: none).</summary>
internal sealed record BinaryCifCategory(string Name, int Rows, List<(string Name, int Data, int Mask)> Columns);
