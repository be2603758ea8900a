namespace Ism.Models.Serialization;

/// <summary>CRC-32 as zip has it (IEEE 802.3, reflected), eight bytes a round (Kounavis and Berry 2005).</summary>
internal struct Crc32()
{
    private static readonly uint[][] Tables = MakeTables();
    private uint _state = uint.MaxValue;

    public readonly uint Value => ~_state;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        var crc = _state;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = crc ^ BitConverter.ToUInt32(bytes);
            var high = BitConverter.ToUInt32(bytes[4..]);
            crc = Tables[7][low & 255] ^ Tables[6][(low >> 8) & 255] ^ Tables[5][(low >> 16) & 255] ^ Tables[4][low >> 24]
                ^ Tables[3][high & 255] ^ Tables[2][(high >> 8) & 255] ^ Tables[1][(high >> 16) & 255] ^ Tables[0][high >> 24];
        }

        foreach (var value in bytes)
        {
            crc = Tables[0][(crc ^ value) & 255] ^ (crc >> 8);
        }

        _state = crc;
    }

    private static uint[][] MakeTables()
    {
        var tables = new uint[8][];
        for (var t = 0; t < 8; t++)
        {
            tables[t] = new uint[256];
            for (uint i = 0; i < 256; i++)
            {
                var crc = t == 0 ? i : tables[t - 1][i];
                for (var bit = 0; bit < 8; bit++)
                {
                    crc = (crc >> 1) ^ (0xEDB88320u & (0 - (crc & 1)));
                }

                tables[t][i] = crc;
            }
        }

        return tables;
    }
}
