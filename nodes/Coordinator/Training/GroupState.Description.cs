using System.Globalization;
using System.Text;

namespace Ism.Coordinator.Training;

/// <summary>The state in words.</summary>
public sealed partial class GroupState
{
    /// <summary>Everything that decides what happens next, generations relative to the current one and times to
    /// <paramref name="now"/>: groups with equal texts behave alike from here on.</summary>
    public string Describe(DateTime now)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Phase} {Stage?.StageId} paused={_paused} living={_living} step={_stepSeconds}");
        text.Append(CultureInfo.InvariantCulture, $" deadline={Until(_deadline)} say={Until(_sayAt)} join={Until(_join?.At)}");
        text.Append(CultureInfo.InvariantCulture, $" since={Until(_since)} asked={Until(_requested)}/{_request}");
        text.Append(CultureInfo.InvariantCulture, $" holders={Until(_holdersSince)} failed={_failures}@{_failedAt}");
        if (_current is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"\ncurrent {_current.Number - Generation} {_current.Group}");
            text.Append(CultureInfo.InvariantCulture, $" {string.Join(',', _current.Members)} out {string.Join(',', _current.Out.Order())}");
        }

        foreach (var m in _members.Values)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{m.NodeId} lost={m.Lost} cut={m.Unreachable} leaves={m.Leaving}");
            text.Append(CultureInfo.InvariantCulture, $" left-out={m.LeftOut} back={Until(m.NotBefore)} at {m.StageId}:{m.Step}");
            text.Append(CultureInfo.InvariantCulture, $" runs {m.Card?.Running - Generation} {m.Card?.Group}");
        }

        foreach (var (nodeId, awaited) in _awaited)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nawaits {nodeId} {Until(awaited.Deadline)} {Until(awaited.RepeatAt)}");
            text.Append(CultureInfo.InvariantCulture, $" at-once={awaited.AtOnce} prepared={_prepared.ContainsKey(nodeId)}");
        }

        foreach (var (nodeId, (generation, atOnce, deadline)) in _pausing.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"\npausing {nodeId} {generation - Generation} {atOnce} {Until(deadline)}");
        }

        return text.ToString();

        // Times long past differ in nothing.
        string Until(DateTime? time) => time is not { } at ? "none"
            : Math.Max(-30, (at - now).TotalSeconds).ToString("F1", CultureInfo.InvariantCulture);
    }
}
