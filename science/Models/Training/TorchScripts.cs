using TorchSharp;

namespace Ism.Models.Training;

/// <summary>
/// TorchScript sources for operators of ATen that TorchSharp does not bind. All are here, because a source that does not compile
/// ends the process: a test compiles each.
/// </summary>
public static class TorchScripts
{
    /// <summary>AdamW in one pass over memory (Loshchilov and Hutter 2019). Lists of one buffer [N] each; <c>t</c> is the 1-based
    /// number of the update as a float32 scalar. The lists come from outside: the compiler drops an operator that seems to change
    /// nothing but lists made inside.</summary>
    public const string AdamW =
        """
        def adamw_(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor],
                   lr: float, beta1: float, beta2: float, decay: float, eps: float) -> int:
            torch._fused_adamw_(p, g, m, v, [], t, lr=lr, beta1=beta1, beta2=beta2,
                                weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
            return 0

        """;

    /// <summary>The same with gradients scaled down to a norm of <c>maximum</c> first, and nothing at all done where <c>norm</c> (theirs,
    /// a float64 scalar on the parameters' device) is not finite, so that clipping needs neither a pass of its own nor the host.</summary>
    public const string ClippedAdamW =
        """
        def clipped_adamw_(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor],
                           norm: Tensor, maximum: float, lr: float, beta1: float, beta2: float, decay: float, eps: float) -> int:
            scale = torch.clamp((norm + 1e-6) / maximum, min=1.0).float()
            bad = torch.logical_not(torch.isfinite(norm)).float()
            torch._fused_adamw_(p, g, m, v, [], t, lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps,
                                amsgrad=False, maximize=False, grad_scale=scale, found_inf=bad)
            return 0

        """;

    /// <summary>Copies each tensor of a list to its counterpart, converting types.</summary>
    public const string Copy =
        """
        def copy_(to: List[Tensor], source: List[Tensor]) -> int:
            torch._foreach_copy_(to, source)
            return 0

        """;

    /// <summary>The L2 norm of a list of tensors as a float64 scalar: norms of each in its own type, added up in float64.</summary>
    public const string Norm =
        """
        def norm(pieces: List[Tensor]):
            return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(pieces, 2)).double())

        """;

    /// <summary>Every source, by the name of its function.</summary>
    public static IReadOnlyDictionary<string, string> Sources { get; } = new Dictionary<string, string>
    {
        ["adamw_"] = AdamW,
        ["clipped_adamw_"] = ClippedAdamW,
        ["copy_"] = Copy,
        ["norm"] = Norm,
    };

    /// <summary>Compiles a source. The caller owns the unit, which one thread uses at a time.</summary>
    public static torch.jit.CompilationUnit Compile(string function) => torch.jit.compile(Sources[function]);
}
