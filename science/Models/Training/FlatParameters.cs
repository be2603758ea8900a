using System.Runtime.InteropServices;
using TorchSharp;

namespace Ism.Models.Training;

/// <summary>Where a parameter lies in the flat buffers.</summary>
/// <param name="Name">Its name in checkpoints.</param>
/// <param name="Offset">First element.</param>
/// <param name="Shape">Its sizes.</param>
public sealed record FlatSlot(string Name, long Offset, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>
/// All trained parameters of a model as views into one buffer, and their gradients as views into another, so that the
/// all-reduce, the norm and the optimizer work on two big buffers instead of hundreds of small ones. Autograd accumulates into
/// the gradient views in place. The parameters stay the tensors they were (same objects, still leaves); only their storage moves
/// here, so this must outlive their use. Gaps between slots are zero and stay zero.
/// </summary>
public sealed partial class FlatParameters : IDisposable
{
    // Slots begin at multiples of 64 bytes of float32, so vector loads and bucket borders are aligned.
    private const long Alignment = 16;

    private readonly torch.Tensor[] _parameters;
    private readonly torch.Tensor[] _gradientViews;

    /// <summary>Moves the storage of <paramref name="parameters"/> into one buffer, in their order; values stay.</summary>
    /// <exception cref="ArgumentException">There are none, a name is given twice, one does not require a gradient, or types or
    /// devices differ.</exception>
    public FlatParameters(IReadOnlyList<NamedParameter> parameters)
    {
        Check(parameters);
        Slots = Place(parameters);
        Length = Slots[^1].Offset + Aligned(Slots[^1].Elements);
        _parameters = [.. parameters.Select(parameter => parameter.Tensor)];
        Dtype = _parameters[0].dtype;
        using var noGrad = torch.no_grad();
        Values = torch.zeros(Length, dtype: Dtype, device: _parameters[0].device).DetachFromDisposeScope();
        Gradients = torch.zeros(Length, dtype: Dtype, device: _parameters[0].device).DetachFromDisposeScope();
        _gradientViews = new torch.Tensor[Slots.Count];
        for (var i = 0; i < Slots.Count; i++)
        {
            using var scope = torch.NewDisposeScope();
            var view = View(Values, Slots[i]);
            view.copy_(_parameters[i]);
            _parameters[i].set_(view);
            _gradientViews[i] = View(Gradients, Slots[i]).DetachFromDisposeScope();
            _parameters[i].grad = _gradientViews[i];
        }
    }

    /// <summary>Every parameter's place, in order.</summary>
    public IReadOnlyList<FlatSlot> Slots { get; }

    /// <summary>Element type of both buffers.</summary>
    public torch.ScalarType Dtype { get; }

    /// <summary>Elements of a buffer, gaps included.</summary>
    public long Length { get; }

    /// <summary>The weights, [Length]; does not require a gradient itself.</summary>
    public torch.Tensor Values { get; }

    /// <summary>The gradients, [Length].</summary>
    public torch.Tensor Gradients { get; }

    /// <summary>A new buffer of the same layout, all zero. The caller owns it.</summary>
    public torch.Tensor NewBuffer() => torch.zeros_like(Values).DetachFromDisposeScope();

    /// <summary>The part of a buffer of this layout that belongs to a parameter, in its shape. The caller owns the
    /// view.</summary>
    public static torch.Tensor View(torch.Tensor buffer, FlatSlot slot)
    {
        using var flat = buffer.narrow(0, slot.Offset, slot.Elements);
        return flat.view([.. slot.Shape]);
    }

    /// <summary>Sets every gradient to zero; the views stay.</summary>
    public void ZeroGradients()
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        _ = Gradients.zero_();
    }

    /// <summary>Checks that every parameter's gradient still is its view: code that replaces gradients (instead of adding to
    /// them) would otherwise train nothing, silently.</summary>
    /// <exception cref="InvalidOperationException">One is not; the message names it.</exception>
    public void RequireViews()
    {
        for (var i = 0; i < Slots.Count; i++)
        {
            using var gradient = _parameters[i].grad;
            if (gradient is null || Address(gradient) != Address(_gradientViews[i]))
            {
                throw new InvalidOperationException(
                    $"the gradient of {Slots[i].Name} no longer lies in the flat buffer; gradients must be added to, "
                    + "never replaced");
            }
        }
    }

    /// <summary>Releases the buffers; the parameters hold theirs until they are disposed of themselves.</summary>
    public void Dispose()
    {
        foreach (var view in _gradientViews)
        {
            view.Dispose();
        }

        Values.Dispose();
        Gradients.Dispose();
    }

    /// <summary>Where a float32, float64 or bfloat16 tensor's data begin, in the memory of its device.</summary>
    /// <exception cref="NotSupportedException">It is of another type.</exception>
    public static nint Address(torch.Tensor tensor) => tensor.dtype switch
    {
        torch.ScalarType.Float32 => Address<float>(tensor),
        torch.ScalarType.Float64 => Address<double>(tensor),
        torch.ScalarType.BFloat16 => THSTensor_data(tensor.Handle),
        var other => throw new NotSupportedException($"the address of a tensor of {other} is not asked for anywhere"),
    };

    private static nint Address<T>(torch.Tensor tensor) where T : unmanaged
    {
        using var detached = tensor.detach();
        var storage = detached.storage<T>();
        return storage.data_ptr() + (nint)(detached.storage_offset() * detached.ElementSize);
    }

    // TorchSharp's storages are of fewer types than its tensors; its native library tells the address of any.
    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_data(nint tensor);

    private static long Aligned(long elements) => (elements + Alignment - 1) / Alignment * Alignment;

    private static List<FlatSlot> Place(IReadOnlyList<NamedParameter> parameters)
    {
        var slots = new List<FlatSlot>();
        long offset = 0;
        foreach (var (name, tensor) in parameters)
        {
            slots.Add(new(name, offset, tensor.shape));
            offset += Aligned(tensor.NumberOfElements);
        }

        return slots;
    }

    private static void Check(IReadOnlyList<NamedParameter> parameters)
    {
        if (parameters.Count == 0)
        {
            throw new ArgumentException("there is no parameter to train");
        }

        var names = new HashSet<string>();
        var first = parameters[0].Tensor;
        foreach (var (name, tensor) in parameters)
        {
            if (!names.Add(name))
            {
                throw new ArgumentException($"parameter {name} is given twice");
            }

            if (!tensor.requires_grad)
            {
                throw new ArgumentException(
                    $"parameter {name} does not require a gradient; leave it out of the trained parameters");
            }

            if (tensor.dtype != first.dtype || tensor.device.ToString() != first.device.ToString())
            {
                throw new ArgumentException(
                    $"parameter {name} is {tensor.dtype} on {tensor.device}, {parameters[0].Name} is "
                    + $"{first.dtype} on {first.device}");
            }
        }
    }
}
