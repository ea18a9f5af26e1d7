public import LoomGraph

/// Datasets and their iterators.
public enum DataOps {
  public static let all: [any OpDefinition.Type] =
    sources + transformations + functions + random + unchanged + variants + iterators + experimental

  private static let sources: [any OpDefinition.Type] = [
    ListDataset.self, RangeDataset.self, SparseTensorSliceDataset.self, TensorDataset.self,
    TensorSliceDataset.self,
  ]

  private static let transformations: [any OpDefinition.Type] = [
    AssertCardinalityDataset.self, BatchDataset.self, BatchDatasetV2.self,
    ConcatenateDataset.self, DenseToSparseBatchDataset.self,
    DirectedInterleaveDataset.self, IgnoreErrorsDataset.self, PaddedBatchDataset.self,
    PaddedBatchDatasetV2.self, ParallelBatchDataset.self, PrefetchDataset.self,
    RepeatDataset.self, ShardDataset.self, SkipDataset.self, SleepDataset.self, TakeDataset.self,
    UnbatchDataset.self, UniqueDataset.self, WindowDataset.self, ZipDataset.self,
  ]

  private static let functions: [any OpDefinition.Type] = [
    FilterByLastComponentDataset.self, FilterDataset.self, FlatMapDataset.self,
    GeneratorDataset.self, GroupByReducerDataset.self, GroupByWindowDataset.self,
    InterleaveDataset.self, LegacyParallelInterleaveDatasetV2.self, MapAndBatchDataset.self,
    MapDataset.self, ParallelFilterDataset.self,
    ParallelInterleaveDataset.self, ParallelInterleaveDatasetV2.self,
    ParallelInterleaveDatasetV3.self,
    ParallelInterleaveDatasetV4.self, ParallelMapDataset.self, ParallelMapDatasetV2.self,
    ReduceDataset.self, ScanDataset.self, TakeWhileDataset.self,
  ]

  private static let random: [any OpDefinition.Type] = [
    AnonymousMemoryCache.self, AnonymousRandomSeedGenerator.self, AnonymousSeedGenerator.self,
    DeleteMemoryCache.self, DeleteRandomSeedGenerator.self, DeleteSeedGenerator.self,
    DummyIterationCounter.self, DummyMemoryCache.self, DummySeedGenerator.self,
    RandomDataset.self, RandomDatasetV2.self, SamplingDataset.self, ShuffleAndRepeatDataset.self,
    ShuffleAndRepeatDatasetV2.self, ShuffleDataset.self, ShuffleDatasetV2.self,
    ShuffleDatasetV3.self,
  ]

  private static let unchanged: [any OpDefinition.Type] = [
    BytesProducedStatsDataset.self, FinalizeDataset.self, LatencyStatsDataset.self,
    MaxIntraOpParallelismDataset.self, ModelDataset.self, NonSerializableDataset.self,
    OptimizeDataset.self, OptimizeDatasetV2.self, OptionsDataset.self,
    PrivateThreadPoolDataset.self, RewriteDataset.self,
  ]

  private static let variants: [any OpDefinition.Type] = [
    DatasetCardinality.self, DatasetToSingleElement.self, OptionalFromValue.self,
    OptionalGetValue.self, OptionalHasValue.self, OptionalNone.self, UnwrapDatasetVariant.self,
    WrapDatasetVariant.self,
  ]

  private static let iterators: [any OpDefinition.Type] = [
    AnonymousIterator.self, AnonymousIteratorV2.self, AnonymousIteratorV3.self,
    DeleteIterator.self, IteratorFromStringHandle.self, IteratorFromStringHandleV2.self,
    IteratorGetDevice.self, IteratorGetNext.self, IteratorGetNextAsOptional.self,
    IteratorGetNextSync.self, IteratorToStringHandle.self, IteratorV1.self, IteratorV2.self,
    DeserializeIterator.self, MakeIterator.self, OneShotIterator.self, SerializeIterator.self,
  ]

  private static let experimental: [any OpDefinition.Type] = [
    ExperimentalBytesProducedStatsDataset.self, ExperimentalDatasetCardinality.self,
    ExperimentalDenseToSparseBatchDataset.self, ExperimentalDirectedInterleaveDataset.self,
    ExperimentalGroupByReducerDataset.self, ExperimentalGroupByWindowDataset.self,
    ExperimentalIgnoreErrorsDataset.self, ExperimentalIteratorGetDevice.self,
    ExperimentalLatencyStatsDataset.self, ExperimentalMapAndBatchDataset.self,
    ExperimentalMaxIntraOpParallelismDataset.self, ExperimentalNonSerializableDataset.self,
    ExperimentalParallelInterleaveDataset.self, ExperimentalPrivateThreadPoolDataset.self,
    ExperimentalRandomDataset.self, ExperimentalScanDataset.self, ExperimentalTakeWhileDataset.self,
    ExperimentalUnbatchDataset.self, ExperimentalUniqueDataset.self,
  ]
}
