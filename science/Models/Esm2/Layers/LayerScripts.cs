namespace Ism.Models.Esm2.Layers;

/// <summary>TorchScript for the operators of a layer that TorchSharp does not bind. A source that does not compile ends the process, so
/// every use of a <see cref="LayerStack"/> in a test guards it.</summary>
internal static class LayerScripts
{
    /// <summary>
    /// LayerNorm with its statistics and its gradient; GELU's gradient (erf form); attention within sequences laid end to end on CUDA
    /// (FlashAttention 2, half precision only): q, k, v [T, H, d], cu [B + 1] int32 borders, longest the longest sequence.
    /// </summary>
    public const string Source =
        """
        def layer_norm(x, w, b, eps: float):
            y, m, r = torch.native_layer_norm(x, [x.size(-1)], w, b, eps)
            return [y, m, r]

        def layer_norm_backward(g, x, m, r, w, b):
            dx, dw, db = torch.native_layer_norm_backward(g, x, [x.size(-1)], m, r, w, b, [True, True, True])
            return [dx, dw, db]

        def gelu_backward(g, x):
            return torch.gelu_backward(g, x, approximate='none')

        def flash(q, k, v, cu, longest: int, scale: float):
            o, l, r, u, d = torch._flash_attention_forward(q, k, v, cu, cu, longest, longest, 0.0, False, False, scale=scale)
            return [o, l, r, u]

        def flash_backward(g, q, k, v, o, l, cu, longest: int, r, u, scale: float):
            dq, dk, dv = torch._flash_attention_backward(g, q, k, v, o, l, cu, cu, longest, longest, 0.0, False, r, u, scale=scale)
            return [dq, dk, dv]

        """;
}
