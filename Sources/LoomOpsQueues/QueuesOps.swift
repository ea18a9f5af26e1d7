public import LoomGraph

/// Queues, barriers, staging areas and accumulators.
public enum QueuesOps {
  public static let all: [any OpDefinition.Type] = []
}
