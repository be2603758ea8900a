namespace Ism.Structures;

/// <summary>How a CIF token was written; only bare words can be keywords, tags or the placeholders "." and "?".</summary>
internal enum CifTokenKind : byte
{
    End,
    Bare,
    Quoted,
}

/// <summary>Splits CIF 1.1 text (Hall, Allen and Brown 1991) into tokens, in one pass over bytes.</summary>
internal ref struct CifTokens(ReadOnlySpan<byte> content, int position, int line)
{
    private readonly ReadOnlySpan<byte> _content = content;
    private int _position = position;

    /// <summary>1-based line of the last token's start.</summary>
    public int Line { get; private set; } = line;

    /// <summary>Offset behind the last token.</summary>
    public readonly int Position => _position;

    /// <summary>The next token's offset and length (quotes excluded).</summary>
    public CifTokenKind Next(out int start, out int length)
    {
        var content = _content;
        var i = _position;
        while (true)
        {
            if ((uint)i >= (uint)content.Length)
            {
                _position = content.Length;
                (start, length) = (content.Length, 0);
                return CifTokenKind.End;
            }

            var c = content[i];
            if (c == '\n')
            {
                Line++;
                i++;
            }
            else if (c <= ' ')
            {
                i++;
            }
            else if (c == '#')
            {
                var end = content[i..].IndexOf((byte)'\n');
                i = end < 0 ? content.Length : i + end;
            }
            else if (c is (byte)'\'' or (byte)'"')
            {
                return Quoted(i, out start, out length);
            }
            else if (c == ';' && (i == 0 || content[i - 1] == '\n'))
            {
                return TextField(i, out start, out length);
            }
            else
            {
                start = i;
                do
                {
                    i++;
                }
                while ((uint)i < (uint)content.Length && content[i] > ' ');
                length = i - start;
                _position = i;
                return CifTokenKind.Bare;
            }
        }
    }

    private CifTokenKind Quoted(int open, out int start, out int length)
    {
        var quote = _content[open];
        start = open + 1;
        var i = start;
        for (; i < _content.Length && _content[i] != '\n'; i++)
        {
            if (_content[i] == quote && (i + 1 == _content.Length || _content[i + 1] <= ' '))
            {
                length = i - start;
                _position = i + 1;
                return CifTokenKind.Quoted;
            }
        }

        // Never closed on its line: what there is, which then fails where a number is expected.
        length = i - start;
        _position = i;
        return CifTokenKind.Quoted;
    }

    private CifTokenKind TextField(int open, out int start, out int length)
    {
        start = open + 1;
        var end = _content[start..].IndexOf("\n;"u8);
        length = end < 0 ? _content.Length - start : end;
        _position = end < 0 ? _content.Length : start + end + 2;
        Line += _content[start.._position].Count((byte)'\n');
        return end < 0 ? CifTokenKind.End : CifTokenKind.Quoted;
    }
}
