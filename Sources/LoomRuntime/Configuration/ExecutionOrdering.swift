/// In which order a step runs what may run.
public enum ExecutionOrdering: Sendable, Hashable {
  /// In the order of the plan, worked out once, until a node has to wait.
  case planned
  /// Each node when its inputs are there, counted for every run: slower, with the same results. For
  /// comparison.
  case dataflow
}
