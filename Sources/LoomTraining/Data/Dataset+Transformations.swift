public import LoomCore
public import LoomGraph

extension Dataset {
  /// The first `count` elements; all if it is negative.
  public func taking(_ count: Int) throws(StatusError) -> Dataset {
    try make("TakeDataset", [self.count(count)])
  }

  /// The elements after the first `count`.
  public func skipping(_ count: Int) throws(StatusError) -> Dataset {
    try make("SkipDataset", [self.count(count)])
  }

  /// The elements several times over; for ever if there is no count.
  public func repeated(_ count: Int? = nil) throws(StatusError) -> Dataset {
    try make("RepeatDataset", [self.count(count ?? -1)])
  }

  /// Every `count`th element, beginning with number `index`.
  public func shard(_ index: Int, of count: Int) throws(StatusError) -> Dataset {
    try make("ShardDataset", [self.count(count), self.count(index)])
  }

  /// Elements stacked along a new first dimension.
  ///
  /// - Parameter droppingRemainder: leaves out a last batch that is too small.
  public func batched(
    _ size: Int, droppingRemainder: Bool = false
  ) throws(StatusError) -> Dataset {
    try make(
      "BatchDatasetV2", [count(size), flag(droppingRemainder)],
      shapes: shapes.map { Dataset.batch(droppingRemainder ? size : nil, of: $0) })
  }

  /// Elements padded with zeros or empty strings to equal shapes, and stacked.
  ///
  /// - Parameter paddedShapes: one for each component; a size that is `nil` is the largest of the
  ///   batch. The known shapes by default.
  public func paddedBatches(
    _ size: Int, paddedShapes: [PartialShape]? = nil, droppingRemainder: Bool = false
  ) throws(StatusError) -> Dataset {
    let padded = paddedShapes ?? shapes
    guard padded.count == types.count else {
      throw .invalidArgument(
        "Expected a padded shape for each of \(types.count) components, got \(padded.count)")
    }
    var inputs = [try count(size)]
    for shape in padded {
      guard let sizes = shape.sizes else {
        throw .invalidArgument("A padded shape has to have a rank")
      }
      inputs.append(try graph.constantVector(sizes.map { $0 ?? -1 }, as: .int64))
    }
    for type in types {
      inputs.append(
        try graph.constantTensor(AnyTensor.zeros(dtype: type.base, shape: .scalar)))
    }
    inputs.append(try flag(droppingRemainder))
    let batches = padded.map { Dataset.batch(droppingRemainder ? size : nil, of: $0) }
    let variant = try graph.build(
      "PaddedBatchDatasetV2", [variant] + inputs,
      [
        "Toutput_types": .types(types), "N": .int(Int64(types.count)),
        "output_shapes": .shapes(batches),
      ])
    return try Dataset(variant, types: types, shapes: batches)
  }

  /// The slices of each element along its first dimension.
  public func unbatched() throws(StatusError) -> Dataset {
    try make(
      "UnbatchDataset",
      shapes: shapes.map { Dataset.slice($0) })
  }

  /// Elements drawn at random from a buffer of those that come next, in TensorFlow's order for the
  /// seeds.
  ///
  /// - Parameters:
  ///   - seed: together with the graph's ``Graph/randomSeed`` decides the order; without either it
  ///     is another in every run.
  ///   - reshuffling: draws a new order for each iteration.
  public func shuffled(
    bufferSize: Int, seed: Int? = nil, reshuffling: Bool = true
  ) throws(StatusError) -> Dataset {
    let seeds = graph.seeds(operationSeed: seed)
    return try make(
      "ShuffleDataset", [count(bufferSize), count(seeds.seed), count(seeds.seed2)],
      ["reshuffle_each_iteration": .bool(reshuffling)])
  }

  /// The same elements, made ahead on a thread of their own.
  ///
  /// - Parameter bufferSize: how many; left to the runtime if `nil`.
  public func prefetched(_ bufferSize: Int? = nil) throws(StatusError) -> Dataset {
    try make("PrefetchDataset", [count(bufferSize ?? -1)])
  }

  /// The same elements; once they were read to the end, they are kept in memory.
  public func cached() throws(StatusError) -> Dataset {
    try make("CacheDataset", [graph.constantTensor(AnyTensor(scalar: ByteString("")))])
  }

  /// The elements that can be had without an error.
  public func ignoringErrors() throws(StatusError) -> Dataset { try make("IgnoreErrorsDataset") }

  /// The elements of this dataset, then those of another.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the dtypes differ.
  public func concatenated(with other: Dataset) throws(StatusError) -> Dataset {
    guard types == other.types else {
      throw .invalidArgument("Expected elements of \(types), got \(other.types)")
    }
    return try make(
      "ConcatenateDataset", [other.variant],
      shapes: Swift.zip(shapes, other.shapes).map { $0.relaxed(with: $1) })
  }

  /// Elements of several datasets side by side, up to the end of the shortest.
  public static func zip(_ datasets: Dataset...) throws(StatusError) -> Dataset {
    guard let first = datasets.first else {
      throw .invalidArgument("Expected at least one dataset")
    }
    return try make(
      "ZipDataset", datasets.map(\.variant), ["N": .int(Int64(datasets.count))],
      types: datasets.flatMap(\.types), shapes: datasets.flatMap(\.shapes), in: first.graph)
  }

  /// How many elements there are: -1 for a dataset without end, -2 if that is not known.
  public func cardinality() throws(StatusError) -> Output<Int64> {
    try Output(graph.build("DatasetCardinality", [variant]))
  }

  private static func batch(_ size: Int?, of shape: PartialShape) -> PartialShape {
    guard let sizes = shape.sizes else { return .unknown }
    return PartialShape([size] + sizes)
  }
}
