import LoomCore
import LoomGraph
import LoomKernels
import Synchronization

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
    guard file.isEmpty else {
      throw .unimplemented("Caching a dataset in a file is not supported, only in memory.")
    }
    return Cached(input: try dataset(0), cache: cache)
  }
}

/// The elements of a dataset that was read to its end. Thread-safe.
final class MemoryCache: Resource {
  private let elements = Mutex<[[AnyTensor]]?>(nil)

  /// `nil` until a reader came to the end.
  var complete: [[AnyTensor]]? { elements.withLock { $0 } }

  /// Keeps the elements unless another reader came first.
  func finish(_ list: [[AnyTensor]]) {
    elements.withLock { elements in if elements == nil { elements = list } }
  }

  var summary: String { "memory cache" }
}

private struct Cached: DatasetValue {
  let input: any DatasetValue
  let cache: MemoryCache

  var elements: ElementSpecification { input.elements }
  var inputs: [any DatasetValue] { [input] }
  var cardinality: Cardinality { input.cardinality }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    if let list = cache.complete {
      return ElementList(elements: elements, list: list).makeIterator(services)
    }
    let cache = self.cache
    return Iterator(try input.makeIterator(services), cache)
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    let cache: MemoryCache
    var list: [[AnyTensor]] = []

    init(_ input: any DatasetIterator, _ cache: MemoryCache) {
      self.input = input
      self.cache = cache
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard let input else { return nil }
      guard let element = try input.next(services) else {
        self.input = nil
        cache.finish(list)
        list = []
        return nil
      }
      list.append(element)
      return element
    }
  }
}
