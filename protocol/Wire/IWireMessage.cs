namespace Ism.Protocol.Wire;

/// <summary>Marks a message that may cross a process boundary. Only types listed in <see cref="WireManifests"/> do.</summary>
public interface IWireMessage;
