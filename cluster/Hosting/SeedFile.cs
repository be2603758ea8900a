using Akka.Actor;

namespace Ism.Cluster.Hosting;

/// <summary>
/// The coordinator's address in the workspace, so that nodes which share nothing but the folder find the cluster (one machine, Slurm).
/// One line, e.g. <c>akka.tcp://ism@10.0.0.7:41811</c>, put in place by a rename.
/// </summary>
public static class SeedFile
{
    /// <summary>The file's path in a workspace.</summary>
    public static string PathIn(string workspace) => Path.Combine(workspace, "cluster", "seed");

    /// <summary>Writes this node's address.</summary>
    public static void Write(string workspace, Address address)
    {
        var path = PathIn(workspace);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Environment.ProcessId}";
        File.WriteAllText(temporary, address + "\n");
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The address, or null while there is none.</summary>
    /// <exception cref="FormatException">The file holds something else.</exception>
    public static Address? TryRead(string workspace)
    {
        try
        {
            var line = File.ReadAllText(PathIn(workspace)).Trim();
            return line.Length == 0 ? null : Address.Parse(line);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is UriFormatException or ArgumentException)
        {
            throw new FormatException($"{PathIn(workspace)} holds no node address; delete it and start the coordinator again", e);
        }
    }

    /// <summary>Removes the address; done before a new cluster starts, so that nobody joins the one before.</summary>
    public static void Delete(string workspace)
    {
        if (File.Exists(PathIn(workspace)))
        {
            File.Delete(PathIn(workspace));
        }
    }
}
