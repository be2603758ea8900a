using System.Globalization;

namespace Ism.Evaluation.Atlas;

/// <summary>A colour for each token, the same on the page, in PyMOL and in Mol*: hues a golden angle apart, so that tokens of neighbouring
/// numbers differ most, in three lightnesses.</summary>
public static class TokenPalette
{
    private const double GoldenAngle = 137.50776;

    /// <summary>Of residues without a token.</summary>
    public const string None = "#b0b6be";

    /// <summary>Red, green and blue, 0 to 1.</summary>
    public static (double R, double G, double B) Of(int token)
    {
        var hue = token * GoldenAngle % 360;
        var lightness = 0.42 + (0.1 * (token % 3));
        return (Channel(0), Channel(8), Channel(4));

        // HSL to RGB as CSS defines it (CSS Color Module level 4, 7.1), saturation 0.62.
        double Channel(int n)
        {
            var k = (n + (hue / 30)) % 12;
            return lightness - (0.62 * Math.Min(lightness, 1 - lightness) * Math.Max(-1, Math.Min(Math.Min(k - 3, 9 - k), 1)));
        }
    }

    /// <summary>As "#1f77b4".</summary>
    public static string Hex(int token)
    {
        var (r, g, b) = Of(token);
        return string.Create(CultureInfo.InvariantCulture, $"#{Byte(r):x2}{Byte(g):x2}{Byte(b):x2}");
    }

    private static int Byte(double value) => (int)Math.Round(255 * value);
}
