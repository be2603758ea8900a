namespace Ism.Collectives.Nccl;

/// <summary>An operation in device memory: what it is, and its number in the group's life.</summary>
internal readonly record struct NcclCall(string What, long Number)
{
    /// <summary>Equal on ranks that do the same; FNV-1a of the words.</summary>
    public long Fingerprint
    {
        get
        {
            var hash = 14695981039346656037UL;
            foreach (var letter in What)
            {
                hash = (hash ^ letter) * 1099511628211UL;
            }

            return (long)hash;
        }
    }

    public override string ToString() => Number == 0 ? What : $"device operation #{Number} ({What})";
}
