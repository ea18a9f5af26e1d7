public import LoomGraph

/// Readers, records, parsing, checkpoints: what needs files or messages.
public enum FilesOps {
  public static let all: [any OpDefinition.Type] = checkpoints + parsing + serializing

  private static let checkpoints: [any OpDefinition.Type] = [
    MergeV2Checkpoints.self,
    Restore.self,
    RestoreSlice.self,
    RestoreV2.self,
    Save.self,
    SaveSlices.self,
    SaveV2.self,
    ShardedFilename.self,
    ShardedFilespec.self,
  ]

  private static let parsing: [any OpDefinition.Type] = [
    ParseExample.self,
    ParseExampleV2.self,
    ParseSequenceExample.self,
    ParseSequenceExampleV2.self,
    ParseSingleExample.self,
    ParseSingleSequenceExample.self,
  ]

  private static let serializing: [any OpDefinition.Type] = [
    DeserializeManySparse.self,
    DeserializeSparse.self,
    ParseTensor.self,
    SerializeManySparse.self,
    SerializeSparse.self,
    SerializeTensor.self,
  ]
}
