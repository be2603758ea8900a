using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Ism.Cluster.Palette;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace Ism.Pbm.Tests;

/// <summary>The adapter to Petabridge.Cmd over a stand-in of its signatures: what it declares, and that commands and lines go through.</summary>
public sealed class PbmPortTests : TestKit
{
    private readonly TestProbe _palette;

    public PbmPortTests()
        : base("akka.loglevel = ERROR") => _palette = CreateTestProbe();

    [Fact]
    public void Should_register_its_palette_beside_those_of_cluster_and_sharding_and_begin()
    {
        PbmPort.Open(Sys, _palette);
        var host = PetabridgeCmd.Get(Sys);
        Assert.True(PbmPort.IsBuiltIn);
        Assert.True(host.IsStarted);
        Assert.Equal(["ism", "cluster", "cluster-sharding"], host.Palettes.Select(p => p.CommandPalette.ModuleName));
    }

    [Fact]
    public void Should_declare_every_command_with_its_switches()
    {
        var declared = IsmPaletteHandler.Palette.Commands;
        Assert.Equal(IsmPalette.Verbs.Select(v => (v.Name, v.Description)), declared.Select(c => (c.Name, c.Description)));
        Assert.All(IsmPalette.Verbs.Zip(declared, (verb, command) => (First: verb, Second: command)), pair => Assert.Equal(
            pair.First.Arguments.Select(a => (a.Name, a.Switch, a.Description, a.IsMandatory, a.Default.Length == 0 ? null : a.Default)),
            pair.Second.Arguments.Select(a => (a.Name, a.Switch, a.Description, a.IsMandatory, a.DefaultValue))));
    }

    [Fact]
    public void Should_hand_on_a_command_and_stream_its_lines_to_whoever_asked()
    {
        var relay = Sys.ActorOf(new IsmPaletteHandler(_palette).HandlerProps);
        var (client, other) = (CreateTestProbe(), CreateTestProbe());
        relay.Tell(new Command("ism", "scale", [Tuple.Create("-r", "trainers"), Tuple.Create("-n", "3")]), client);
        var asked = _palette.ExpectMsg<PaletteCommand>();
        var answering = _palette.LastSender;
        Assert.Equal("scale", asked.Verb);
        Assert.Equal([KeyValuePair.Create("-r", "trainers"), KeyValuePair.Create("-n", "3")], asked.Switches);

        // Another command beside it is not mixed up with it.
        relay.Tell(new Command("ism", "status", []), other);
        _palette.ExpectMsg<PaletteCommand>();
        _palette.Reply(new PaletteLine("runs", true, false));
        Assert.Equal(("runs", true), Text(other.ExpectMsg<CommandResponse>()));

        client.Watch(answering);
        answering.Tell(new PaletteLine("one", false, false));
        answering.Tell(new PaletteLine("two", true, false));
        Assert.Equal(("one", false), Text(client.ExpectMsg<CommandResponse>()));
        Assert.Equal(("two", true), Text(client.ExpectMsg<CommandResponse>()));
        client.ExpectTerminated(answering);
    }

    [Fact]
    public void Should_answer_an_error_as_one()
    {
        var relay = Sys.ActorOf(new IsmPaletteHandler(_palette).HandlerProps);
        relay.Tell(new Command("ism", "pause", []), TestActor);
        _palette.ExpectMsg<PaletteCommand>();
        _palette.Reply(new PaletteLine("no job runs", true, true));
        Assert.Equal(("no job runs", true), Text(ExpectMsg<ErroredCommandResponse>()));
    }

    [Fact]
    public void Should_have_a_handler_for_every_command()
    {
        var relay = Sys.ActorOf(new IsmPaletteHandler(_palette).HandlerProps);
        foreach (var verb in IsmPalette.Verbs)
        {
            relay.Tell(new Command("ism", verb.Name, []), TestActor);
            Assert.Equal(verb.Name, _palette.ExpectMsg<PaletteCommand>().Verb);
        }
    }

    private static (string Text, bool Final) Text(CommandResponse response) => (response.Text, response.Final);
}
