public import LoomGraph

/// Readers, records, parsing, checkpoints: what needs files or messages.
public enum FilesOps {
  public static let all: [any OpDefinition.Type] = summaries

  private static let summaries: [any OpDefinition.Type] = [
    HistogramSummary.self, MergeSummary.self, ScalarSummary.self, TensorSummary.self,
    TensorSummaryV2.self, Timestamp.self,
  ]
}
