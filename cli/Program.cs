using Ism.Cli;
using Ism.Cli.Processes;

using var parent = ParentWatch.Install(ref args);
using var interruption = Interruption.Install(Console.Error, isChild: parent is not null);
return await CommandLine.RunAsync(args, new VerbContext(Console.Out, Console.Error, interruption));
