import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsData

/// The same elements; those that were read once to the end are kept.
enum CacheDataset: DatasetOp {
  static let signature = OpSignature(
    "CacheDataset", inputs: ["input_dataset: variant", "filename: string"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.described)
  static let scalarInputs = [1]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in try context.cached(in: MemoryCache()) }
  }
}

/// ``CacheDataset`` with a cache that may outlive the dataset.
enum CacheDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "CacheDatasetV2", inputs: ["input_dataset: variant", "filename: string", "cache: resource"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.described, isStateful: true)
  static let scalarInputs = [1, 2]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let handle: ResourceHandle = try context.scalar(2)
      guard let resource = handle.resource else { return try context.cached(in: MemoryCache()) }
      guard let cache = resource as? MemoryCache else {
        throw StatusError.invalidArgument("Expected a memory cache, got \(resource.summary)")
      }
      return try context.cached(in: cache)
    }
  }
}

extension KernelContext {
  fileprivate func cached(in cache: MemoryCache) throws(StatusError) -> any DatasetValue {
    let file: ByteString = try argument(1, "filename")
    guard file.isEmpty else { return FileCached(input: try dataset(0), prefix: file.string) }
    return MemoryCached(try dataset(0), in: cache)
  }
}
