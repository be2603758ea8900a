using System.Text.RegularExpressions;
using Ism.Cluster.Palette;
using Ism.Tests;

namespace Ism.Coordinator.Tests.Palette;

/// <summary>docs/petabridge-cmd.md lists the commands with their switches as they are.</summary>
public partial class PaletteDocumentationTests
{
    [Fact]
    public void Should_list_every_command_with_its_switches()
    {
        var page = File.ReadAllText(Path.Combine(ReferenceData.Root, "docs", "petabridge-cmd.md"));
        var told = Command().Matches(page).Select(m => (
            m.Groups["name"].Value,
            string.Join(' ', m.Groups["switches"].Value.Split(' ').Where(w => w.StartsWith('-')))));
        Assert.Equal(IsmPalette.Verbs.Select(v => (v.Name, string.Join(' ', v.Arguments.Select(a => a.Switch)))), told);
    }

    [GeneratedRegex("""^\| `(?<name>\w+)` \| `(?<switches>[^`]+)` \|""", RegexOptions.Multiline)]
    private static partial Regex Command();
}
