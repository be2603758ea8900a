using Ism.Models.Esm2.Layers;
using Ism.Protocol.Jobs;
using TorchSharp;

namespace Ism.GpuTrainer.Stages;

/// <summary>Makes what a job asks for of its settings of training.</summary>
public static class Precision
{
    /// <summary>How layers are computed. Sets libtorch's choice of tf32, which is one of the process.</summary>
    /// <exception cref="ArgumentException">A setting is none of those it may be.</exception>
    public static LayerStackOptions Layers(TrainingOptions training)
    {
        torch.backends.cuda.matmul.allow_tf32 = training.Precision == "tf32";
        return new()
        {
            Dtype = training.Precision switch
            {
                "fp32" or "tf32" => null,
                "bf16" => torch.ScalarType.BFloat16,
                var other => throw new ArgumentException($"training.precision is '{other}'; use fp32, tf32 or bf16"),
            },
            CheckpointEvery = training.ActivationCheckpointing switch
            {
                "none" => 0,
                "blocks" => 1,
                var other => throw new ArgumentException($"training.activationCheckpointing is '{other}'; use none or blocks"),
            },
        };
    }

    /// <summary>Whether gradients go between ranks in bfloat16.</summary>
    /// <exception cref="ArgumentException">The setting is none of those it may be.</exception>
    public static bool ReducesInHalf(TrainingOptions training) => training.Reduction switch
    {
        "fp32" => false,
        "bf16" => true,
        var other => throw new ArgumentException($"training.reduction is '{other}'; use fp32 or bf16"),
    };
}
