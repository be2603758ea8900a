using Ism.Cli;

using var interruption = Interruption.Install(Console.Error);
return await CommandLine.RunAsync(args, new VerbContext(Console.Out, Console.Error, interruption));
