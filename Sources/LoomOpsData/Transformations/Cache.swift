package import LoomCore
package import LoomKernels
import Synchronization

/// The elements of a dataset that was read to its end. Thread-safe.
package final class MemoryCache: Resource {
  private let elements = Mutex<[[AnyTensor]]?>(nil)

  /// `nil` until a reader came to the end.
  var complete: [[AnyTensor]]? { elements.withLock { $0 } }

  /// Keeps the elements unless another reader came first.
  func finish(_ list: [[AnyTensor]]) {
    elements.withLock { elements in if elements == nil { elements = list } }
  }

  package init() {}

  package var summary: String { "memory cache" }
}

/// The elements of a dataset, which are kept in memory by the first reader that comes to the end.
package struct MemoryCached: DatasetValue {
  let input: any DatasetValue
  let cache: MemoryCache

  package init(_ input: any DatasetValue, in cache: MemoryCache) {
    self.input = input
    self.cache = cache
  }

  package var elements: ElementSpecification { input.elements }
  package var inputs: [any DatasetValue] { [input] }
  package var cardinality: Cardinality { input.cardinality }

  package func makeIterator(
    _ services: StepServices
  ) throws(StatusError) -> sending any DatasetIterator {
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
