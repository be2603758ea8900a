using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Ism.House.Tests;

/// <summary>Finds in compiled code where numbers become TorchSharp scalars by themselves.</summary>
internal static class ScalarUse
{
    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => (ushort)c.Value & 0xFFFF);

    /// <summary>Calls of implicit conversions to Scalar, and of Tensor operators that take a number, by method.</summary>
    public static IReadOnlyList<string> In(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var reader = file.GetMetadataReader();
        var unsafeCalls = reader.MemberReferences.Where(h => IsUnsafe(reader, h)).Select(h => MetadataTokens.GetToken(h)).ToHashSet();
        var found = new List<string>();
        foreach (var handle in reader.MethodDefinitions)
        {
            var method = reader.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0)
            {
                continue;
            }

            var calls = Calls(file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!).Count(unsafeCalls.Contains);
            if (calls > 0)
            {
                found.Add($"{NameOf(reader, method.GetDeclaringType())}.{reader.GetString(method.Name)}: {calls}");
            }
        }

        return found;
    }

    private static string NameOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = reader.GetString(type.Name);
        return type.IsNested ? $"{NameOf(reader, type.GetDeclaringType())}/{name}" : $"{reader.GetString(type.Namespace)}.{name}";
    }

    private static bool IsUnsafe(MetadataReader reader, MemberReferenceHandle handle)
    {
        var member = reader.GetMemberReference(handle);
        var name = reader.GetString(member.Name);
        if (member.Parent.Kind != HandleKind.TypeReference || !name.StartsWith("op_", StringComparison.Ordinal))
        {
            return false;
        }

        var type = reader.GetTypeReference((TypeReferenceHandle)member.Parent);
        var owner = reader.GetString(type.Name);
        if (owner == "Scalar")
        {
            return name == "op_Implicit";
        }

        return owner == "Tensor" && name != "op_Implicit" && TakesNumber(reader.GetBlobReader(member.Signature));
    }

    // Calling convention, number of parameters, return type, parameters: a primitive number among them.
    private static bool TakesNumber(BlobReader signature)
    {
        signature.ReadSignatureHeader();
        var count = signature.ReadCompressedInteger();
        for (var i = 0; i <= count; i++)
        {
            var code = signature.ReadSignatureTypeCode();
            if (code == SignatureTypeCode.TypeHandle)
            {
                signature.ReadTypeHandle();
            }
            else if (i > 0 && code is >= SignatureTypeCode.Boolean and <= SignatureTypeCode.Double)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<int> Calls(byte[] il)
    {
        for (var at = 0; at < il.Length;)
        {
            var code = il[at] == 0xFE ? Codes[(il[at] << 8) | il[at + 1]] : Codes[il[at]];
            at += code.Size;
            if (code.OperandType == OperandType.InlineMethod)
            {
                yield return BitConverter.ToInt32(il, at);
            }

            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }
}
