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

    /// <summary>Every source, by the name of its function.</summary>
    public static IReadOnlyDictionary<string, string> Sources { get; } = new Dictionary<string, string> { ["adamw_"] = AdamW };

    /// <summary>Compiles a source. The caller owns the unit, which one thread uses at a time.</summary>
    public static torch.jit.CompilationUnit Compile(string function) => torch.jit.compile(Sources[function]);
}
