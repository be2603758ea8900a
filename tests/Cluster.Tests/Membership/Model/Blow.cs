namespace Ism.Cluster.Tests.Membership.Model;

/// <summary>What can happen to a cluster.</summary>
internal enum BlowKind
{
    CutLink,
    CutNode,
    Split,
    HealLinks,
    Freeze,
    FreezeAll,
    FreezeInStorage,
    Kill,
    KillElastic,
    KillCoordinators,
    Restart,
    CutStorage,
    HealStorage,
}

/// <summary>Something that happens to nodes <paramref name="A"/> and <paramref name="B"/>, and how long nothing else happens then.
/// </summary>
internal sealed record Blow(BlowKind Kind, int A, int B, int Seconds)
{
    public void Strike(ClusterModel model)
    {
        var (count, a) = (model.Nodes.Count, model.Nodes[A % model.Nodes.Count]);
        model.Say($"*** {this}");
        switch (Kind)
        {
            case BlowKind.CutLink:
                model.Link(a.Number, B % count, true);
                break;
            case BlowKind.CutNode:
                for (var other = 0; other < count; other++)
                {
                    model.Link(a.Number, other, true);
                }

                break;
            case BlowKind.Split:
                model.Split((A * 8) + B);
                break;
            case BlowKind.HealLinks:
                model.Split(0);
                break;
            case BlowKind.Freeze when a.IsAwake:
                model.RunWhileFrozen(a, Seconds);
                break;
            case BlowKind.FreezeAll:
                model.Clock.Advance(Seconds);
                break;
            case BlowKind.FreezeInStorage:
                a.FreezeIn = (B, Seconds);
                break;
            case BlowKind.Kill:
                a.Kill();
                break;
            case BlowKind.KillElastic or BlowKind.KillCoordinators:
                foreach (var node in model.Nodes.Where(n => n.IsCoordinator == (Kind == BlowKind.KillCoordinators)))
                {
                    node.Kill();
                }

                break;
            case BlowKind.Restart:
                a.Kill();
                a.Start(delay: 1);
                break;
            case BlowKind.CutStorage or BlowKind.HealStorage:
                a.StorageIsCut = Kind == BlowKind.CutStorage;
                break;
            default:
                break;
        }

        model.Run(Seconds);
    }
}
