import LoomCore
import LoomKernels

/// Makes iterators over the datasets that a function returns for the elements of another dataset. Where
/// several are to be read at once, it makes them ahead of time, and each is read on a thread of its own.
///
/// Belongs to one iterator, so one thread at a time uses it.
final class DatasetOpener {
  /// More threads than this do not make anything faster.
  private static let mostThreads = 64
  /// More elements than this are never made ahead of one dataset.
  private static let largestBuffer = 256

  private let input: any DatasetIterator
  private let function: DatasetFunction
  private let parallelism: Int
  private let ahead: Int
  private let buffer: Int
  private let caller = FunctionCaller()
  /// Datasets that nobody asked for yet, or why there is none.
  private var waiting: [Result<any DatasetIterator, StatusError>] = []
  private var isAtEnd = false
  /// Datasets that are read on threads of their own and have not ended.
  private var running: Set<ObjectIdentifier> = []

  /// - Parameters:
  ///   - parallelism: how many datasets are read at once; `nil` reads them when they are asked only.
  ///   - ahead: how many datasets are in use at once.
  ///   - buffer: how many elements of each are made ahead.
  init(
    _ input: any DatasetIterator, _ function: DatasetFunction, parallelism: Int?, ahead: Int,
    buffer: Int
  ) {
    self.input = input
    self.function = function
    self.parallelism = min(parallelism ?? 0, DatasetOpener.mostThreads)
    self.ahead = min(ahead, self.parallelism)
    self.buffer = max(1, min(buffer, DatasetOpener.largestBuffer))
  }

  /// An iterator over the next dataset; `nil` at the end of the input.
  ///
  /// - Throws: what the input or the function throws for it.
  func next(_ services: StepServices) throws(StatusError) -> (any DatasetIterator)? {
    while !isAtEnd, waiting.isEmpty || (running.count < ahead && waiting.count < ahead) {
      do throws(StatusError) {
        guard let element = try input.next(services) else {
          isAtEnd = true
          break
        }
        waiting.append(.success(try makeIterator(element, services)))
      } catch {
        waiting.append(.failure(error))
        // A faulty element costs no more than itself, but a step that ends is not to go on.
        if services.cancellation.isCancelled { break }
      }
    }
    guard !waiting.isEmpty else { return nil }
    return try waiting.removeFirst().get()
  }

  private func makeIterator(
    _ element: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> any DatasetIterator {
    guard running.count < parallelism else {
      return try caller.makeIterator(function, element, services)
    }
    let prefetching = PrefetchIterator(
      PrefetchBuffer(
        try caller.makeIterator(function, element, services), limit: buffer,
        services.background()))
    try prefetching.start()
    running.insert(ObjectIdentifier(prefetching))
    return prefetching
  }

  /// Says that a dataset has no more elements.
  func didEnd(_ iterator: any DatasetIterator) { running.remove(ObjectIdentifier(iterator)) }
}
