using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Ism.Coordinator.Web;

/// <summary>A text of a drawing. Razor keeps the name "text" for itself, so it is written here; the content is encoded as everywhere.</summary>
public sealed class SvgText : ComponentBase
{
    /// <summary>Style.</summary>
    [Parameter, EditorRequired]
    public required string Class { get; set; }

    /// <summary>Where the anchor lies.</summary>
    [Parameter, EditorRequired]
    public double X { get; set; }

    /// <summary>Base line.</summary>
    [Parameter, EditorRequired]
    public double Y { get; set; }

    /// <summary>start, middle or end.</summary>
    [Parameter]
    public string Anchor { get; set; } = "start";

    /// <summary>The text.</summary>
    [Parameter, EditorRequired]
    public required string Text { get; set; }

    /// <inheritdoc/>
    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenElement(0, "text");
        builder.AddAttribute(1, "class", Class);
        builder.AddAttribute(2, "x", ChartFrame.Pixel(X));
        builder.AddAttribute(3, "y", ChartFrame.Pixel(Y));
        builder.AddAttribute(4, "text-anchor", Anchor);
        builder.AddContent(5, Text);
        builder.CloseElement();
    }
}
