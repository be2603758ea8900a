using System.Text;

namespace Ism.Coordinator.Api;

/// <summary>Jobs in plain lines.</summary>
public static class StatusText
{
    private const int RecentLines = 5;

    /// <summary>In a few words.</summary>
    public static string State(JobView view) => view switch
    {
        { Paused: true } => "paused",
        { Job.State: "current", Live: false } => "on its way to a coordinator",
        { Job.State: "current", TrainedNow: { } step } => $"runs; training {step.Stage}",
        { Job.State: "current" } => "runs",
        _ => view.Job.State,
    };

    /// <summary>Where a job stands.</summary>
    public static string Of(JobView view, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Line(text, $"{view.Job.Id}: {State(view)}{(view.Job.Error is { } error ? $": {error}" : "")}");
        if (view.Job.Place > 0)
        {
            Line(text, $"  {view.Job.Place} job(s) before it in the queue");
        }

        foreach (var stage in view.Stages)
        {
            Line(text, $"  {stage.Name,-12} {Counted(stage),-28} {Speed(stage)}");
        }

        if (view.Training is { } step)
        {
            Line(text, $"  {step.Stage}: step {step.Step}, loss {step.Loss:G4}, {step.TokensPerSecond:N0} tokens/s"
                + (step.PeakShare is { } share ? $" ({share:P1} of peak)" : "") + $", waiting {step.Waiting:P1}");
        }

        if (view.Generation is { } generation)
        {
            Line(text, $"  generation {generation.Number}: {string.Join(", ", generation.Members)}"
                + (generation.WaitsFor.Length > 0 ? $"; waits: {generation.WaitsFor}" : ""));
        }

        if (view.Nodes.Count > 0)
        {
            var drives = view.Nodes.FirstOrDefault(n => n.Address == view.DrivenBy) is { } driver ? $"; {driver.Name} drives the job" : "";
            Line(text, $"  nodes: {string.Join(", ", view.Nodes.Select(n => n.Status == "up" ? n.Name : $"{n.Name} ({n.Status})"))}{drives}");
        }

        foreach (var said in view.Recent.TakeLast(RecentLines))
        {
            Line(text, $"  {Ago(now - said.Time),8} {(said.Kind == "note" ? "" : $"{said.Kind}: ")}{(said.Stage.Length > 0 ? $"{said.Stage}: " : "")}{said.Message}".TrimEnd(' ', ':'));
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>All jobs, one a line.</summary>
    public static string Of(IReadOnlyList<JobSummary> jobs) => jobs.Count == 0
        ? "no job was submitted yet; `ism submit JOB.yaml` does it"
        : string.Join(Environment.NewLine, TextTable.Lines(
            ["job", "state", "submitted", "by", ""],
            [.. jobs.Select(j => (string[])[j.Id, j.State, $"{j.Submitted.ToLocalTime():yyyy-MM-dd HH:mm}", j.By, j.Error ?? ""])]));

    /// <summary>A stage in a few words.</summary>
    public static string Stage(StageView stage) => $"{stage.Name} {Progress(stage)}";

    /// <summary>How far a stage is, how fast, and what is left.</summary>
    public static string Progress(StageView stage) => string.Join(", ", ((string[])[Counted(stage), Speed(stage)]).Where(t => t.Length > 0));

    private static string Counted(StageView stage)
    {
        var of = stage.Total > 0 ? $" of {Figures.Number(stage.Total)}" : "";
        var finished = stage.State == "finished";
        return !stage.IsCounted ? finished ? "finished" : "runs"
            : finished ? $"finished ({Figures.Number(stage.Done)} {stage.Unit})" : $"{Figures.Number(stage.Done)}{of} {stage.Unit}";
    }

    private static string Speed(StageView stage) => stage.Rate is not { } rate ? ""
        : $"{Figures.Number(rate)}/s{(stage.SecondsLeft is { } left ? $", {Figures.Clock(TimeSpan.FromSeconds(left))} left" : "")}";

    private static string Ago(TimeSpan time) => time < TimeSpan.FromSeconds(1) ? "now" : $"-{Figures.Clock(time)}";

    private static void Line(StringBuilder text, string line) => text.AppendLine(line.TrimEnd());
}
