using Ism.Coordinator.Planning;

namespace Ism.Benchmarks.Scale;

/// <summary>A whole job in virtual time, with several numbers of featurizers and of leases that one holds.</summary>
internal static class Simulation
{
    public static void Run(string[] settings)
    {
        var given = settings.Select(s => s.Split('=', 2)).ToDictionary(s => s[0], s => double.Parse(s[1]));
        var job = new PlannedJob
        {
            Structures = (long)given.GetValueOrDefault("structures", 5_800_000),
            GlobalBatch = (int)given.GetValueOrDefault("batch", 2048),
            StepSeconds = given.GetValueOrDefault("step", 0.5),
            StructuresPerSecond = given.GetValueOrDefault("rate", 25),
            MeanLife = given.GetValueOrDefault("life", 0),
            Featurizers = 1,
        };
        Console.WriteLine($"{job}");
        Console.WriteLine($"{"featurizers",12} {"leases each",12} {"first step s",13} {"featurized h",13} {"total h",9} {"waiting %",10} {"idle %",8} {"deaths",7}");
        foreach (var featurizers in new[] { 50, 100, 200, 400 })
        {
            foreach (var leases in new[] { 2, 4, 8 })
            {
                Print(featurizers, leases, JobSimulation.Run(job with { Featurizers = featurizers, LeasesPerFeaturizer = leases }));
            }
        }

        Console.WriteLine("the fewest with which the trainers wait less than 1 %:");
        foreach (var leases in new[] { 2, 4, 8 })
        {
            var (fewest, course) = JobSimulation.FewestFeaturizers(job with { LeasesPerFeaturizer = leases });
            Print(fewest, leases, course);
        }
    }

    private static void Print(int featurizers, int leases, PlannedCourse course) => Console.WriteLine(
        $"{featurizers,12} {leases,12} {course.FirstStepSeconds,13:F0} {course.FeaturizingSeconds / 3600,13:F2} {course.TotalSeconds / 3600,9:F2} "
        + $"{course.Waiting * 100,10:F2} {course.FeaturizersIdle * 100,8:F1} {course.Deaths,7}");
}
