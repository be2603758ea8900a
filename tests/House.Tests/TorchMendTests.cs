using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using Ism.Tests;

namespace Ism.House.Tests;

/// <summary>The build's change to libLibTorchSharp.so, on a file made for it and on the real one.</summary>
public class TorchMendTests
{
    private const string Version = "GLIBCXX_3.4.32";
    private const ushort Weak = 2;

    [Fact]
    public void Should_change_the_one_flag_and_nothing_else()
    {
        var before = TinyElf.Build(
            ("libc.so.6", [("GLIBC_2.34", 0)]),
            ("libstdc++.so.6", [("GLIBCXX_3.4.30", 0), (Version, 0), ("GLIBCXX_3.4", 0)]));
        var after = (byte[])before.Clone();
        Assert.Equal(1, ElfVersionNeeds.Weaken(after, Version));
        Assert.Equal(
            TinyElf.Build(
                ("libc.so.6", [("GLIBC_2.34", 0)]),
                ("libstdc++.so.6", [("GLIBCXX_3.4.30", 0), (Version, Weak), ("GLIBCXX_3.4", 0)])),
            after);
        Assert.Single(Different(before, after));
    }

    [Fact]
    public void Should_keep_other_flags_of_the_entry()
    {
        var image = TinyElf.Build(("libstdc++.so.6", [(Version, 0x8101)]));
        Assert.Equal(1, ElfVersionNeeds.Weaken(image, Version));
        Assert.Equal(TinyElf.Build(("libstdc++.so.6", [(Version, 0x8103)])), image);
    }

    [Fact]
    public void Should_do_nothing_the_second_time()
    {
        var image = TinyElf.Build(("libstdc++.so.6", [(Version, 0)]));
        ElfVersionNeeds.Weaken(image, Version);
        var once = (byte[])image.Clone();
        Assert.Equal(0, ElfVersionNeeds.Weaken(image, Version));
        Assert.Equal(once, image);
    }

    [Fact]
    public void Should_leave_a_file_alone_that_does_not_ask_for_the_version()
    {
        var image = TinyElf.Build(("libstdc++.so.6", [("GLIBCXX_3.4.3", 0), ("GLIBCXX_3.4.321", 0)]));
        var before = (byte[])image.Clone();
        Assert.Equal(0, ElfVersionNeeds.Weaken(image, Version));
        Assert.Equal(before, image);
    }

    [Fact]
    public void Should_refuse_what_is_no_64_bit_little_endian_elf_file()
    {
        var elf = TinyElf.Build(("libstdc++.so.6", [(Version, 0)]));
        Refuse([]);
        Refuse([0x7f, (byte)'E', (byte)'L', (byte)'F']);
        Refuse(new byte[200]);
        Refuse(Changed(elf, 4, 1));
        Refuse(Changed(elf, 5, 2));
    }

    [Fact]
    public void Should_refuse_a_file_whose_tables_point_outside_it()
    {
        var elf = TinyElf.Build(("libstdc++.so.6", [(Version, 0)]));
        Refuse(elf[..^70]);
        Refuse(Changed(elf, 0x2C, 0x7f));
        Refuse(Changed(elf, 0x28 + 7, 0xff));
    }

    [SkippableFact]
    public void Should_change_the_one_flag_of_the_real_library()
    {
        var before = File.ReadAllBytes(CachedLibrary());
        var after = (byte[])before.Clone();
        Assert.Equal(1, ElfVersionNeeds.Weaken(after, Version));
        var at = Assert.Single(Different(before, after));
        Assert.Equal(before[at] | Weak, after[at]);
        Assert.Equal(0, ElfVersionNeeds.Weaken(after, Version));
    }

    [SkippableFact]
    public void Should_leave_the_package_cache_as_it_was_delivered()
    {
        var cached = CachedLibrary();
        var package = Directory.GetFiles(Path.GetFullPath(Path.Combine(cached, "../../../..")), "torchsharp.*.nupkg").SingleOrDefault();
        Skip.If(package is null, "the package cache keeps no packages");
        using var archive = ZipFile.OpenRead(package);
        using var delivered = new MemoryStream();
        using var entry = archive.GetEntry("runtimes/linux-x64/native/libLibTorchSharp.so")!.Open();
        entry.CopyTo(delivered);
        Assert.Empty(Different(delivered.ToArray(), File.ReadAllBytes(cached)));
    }

    [SkippableFact]
    public void Should_build_copies_that_are_no_links_into_the_package_cache()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the mend is Linux's");
        var cached = Identity(CachedLibrary());
        var built = Directory.GetFiles(ReferenceData.Root, "libLibTorchSharp.so", SearchOption.AllDirectories);
        Skip.If(built.Length == 0, "no project that runs torch has been built");
        Assert.All(built, file =>
        {
            Assert.Null(File.ResolveLinkTarget(file, returnFinalTarget: true));
            Assert.NotEqual(cached, Identity(file));
            Assert.Contains(Path.GetRelativePath(ReferenceData.Root, file).Split('/'), folder => folder is "bin" or "obj");
        });
    }

    private static string CachedLibrary()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var version = XDocument.Load(Repository.Full("Directory.Packages.props")).Descendants("PackageVersion")
            .Single(p => (string)p.Attribute("Include")! == "TorchSharp").Attribute("Version")!.Value;
        var file = Path.Combine(packages, "torchsharp", version, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        Skip.IfNot(File.Exists(file), $"TorchSharp is not in the package cache: {file}");
        return file;
    }

    /// <summary>Device and inode: equal for two names of one file.</summary>
    private static string Identity(string file)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-L", "-c", "%d:%i", file]) { RedirectStandardOutput = true })!;
        var identity = stat.StandardOutput.ReadToEnd().Trim();
        stat.WaitForExit();
        Assert.Matches(@"^\d+:\d+$", identity);
        return identity;
    }

    private static IReadOnlyList<int> Different(byte[] one, byte[] other)
    {
        Assert.Equal(one.Length, other.Length);
        return [.. Enumerable.Range(0, one.Length).Where(i => one[i] != other[i])];
    }

    private static byte[] Changed(byte[] image, int at, byte value)
    {
        var copy = (byte[])image.Clone();
        copy[at] = value;
        return copy;
    }

    private static void Refuse(byte[] image) => Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Weaken(image, Version));
}
