public import LoomGraph

/// Datasets and their iterators.
public enum DataOps {
  public static let all: [any OpDefinition.Type] = sources + transformations + iterators

  static let sources: [any OpDefinition.Type] = [
    RangeDataset.self, TensorDataset.self, TensorSliceDataset.self,
  ]

  static let transformations: [any OpDefinition.Type] = [
    SkipDataset.self, TakeDataset.self,
  ]

  static let iterators: [any OpDefinition.Type] = [
    AnonymousIterator.self, AnonymousIteratorV2.self, AnonymousIteratorV3.self,
    DeleteIterator.self, IteratorGetDevice.self, IteratorGetNext.self, IteratorGetNextSync.self,
    IteratorV1.self, IteratorV2.self, MakeIterator.self,
  ]
}
