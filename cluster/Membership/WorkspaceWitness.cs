namespace Ism.Cluster.Membership;

/// <summary>
/// Looks into the workspace for a node, again and again, on a thread of its own, since a network file system may stand still for
/// minutes.
/// </summary>
internal sealed class WorkspaceWitness : IDisposable
{
    private readonly WorkspaceLook _look;
    private readonly TimeSpan _every;
    private readonly Action<WitnessReport> _report;
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _member;
    private volatile bool _yields;
    private volatile bool _stop;

    /// <summary>Begins to look; tells what it saw, on its own thread.</summary>
    public WorkspaceWitness(WorkspaceLook look, TimeSpan every, Action<WitnessReport> report)
    {
        (_look, _every, _report) = (look, every, report);
        new Thread(Run) { Name = "workspace witness", IsBackground = true }.Start();
    }

    /// <summary>This node is a member now: it beats, and a coordinator may take the lease.</summary>
    public void BecomeMember()
    {
        if (!_member)
        {
            _member = true;
            _wake.Set();
        }
    }

    /// <summary>Gives the lease back at once and takes it no more.</summary>
    public void Yield()
    {
        _yields = true;
        _wake.Set();
    }

    /// <summary>Stops looking; a lease that is held is given back, and the node's file taken away.</summary>
    public void Dispose()
    {
        _stop = true;
        _wake.Set();
    }

    private void Run()
    {
        while (!_stop)
        {
            _report(_look.Look(_member, _yields));
            _wake.WaitOne(_every);
        }

        _look.Leave();
    }
}
