public import LoomGraph

/// Readers, records, parsing, checkpoints: what needs files or messages.
public enum FilesOps {
  public static let all: [any OpDefinition.Type] = []
}
