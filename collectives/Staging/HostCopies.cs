using System.Runtime.InteropServices;

namespace Ism.Collectives.Staging;

/// <summary>For buffers in host memory, of a member that computes on the CPU beside others on GPUs: each copy is done when it is called.
/// </summary>
internal sealed unsafe class HostCopies : IStagingCopies
{
    private readonly long _slotBytes;
    private void* _slot;

    public HostCopies(long slotBytes)
    {
        _slotBytes = slotBytes;
        _slot = NativeMemory.AlignedAlloc((nuint)slotBytes, 64);
    }

    public int Slots => 1;

    public nint Slot(int slot) => (nint)_slot;

    public void Begin()
    {
    }

    public void Fetch(int slot, long offset, nint from, long bytes) =>
        Buffer.MemoryCopy((void*)from, (byte*)_slot + offset, _slotBytes - offset, bytes);

    public void EndFetch(int slot)
    {
    }

    public bool IsFetched(int slot) => true;

    public void Return(int slot, long offset, nint to, long bytes) => Buffer.MemoryCopy((byte*)_slot + offset, (void*)to, bytes, bytes);

    public void EndReturn(int slot)
    {
    }

    public void End()
    {
    }

    public bool IsIdle() => true;

    public void Dispose()
    {
        NativeMemory.AlignedFree(_slot);
        _slot = null;
    }
}
