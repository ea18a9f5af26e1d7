import LoomCore
import LoomKernels
import Synchronization

/// Gives each new iterator of a shuffled dataset its seeds. Thread-safe.
final class SeedGenerator: Resource {
  private enum State {
    case fixed(Int, Int)
    case random(PhiloxWords)
  }
  private let state: Mutex<State>

  /// - Parameter varies: whether every iterator gets other seeds. Two zeros ask for entropy.
  init(seed: Int64, seed2: Int64, varies: Bool) {
    var (first, second) = (Int(seed), Int(seed2))
    if first == 0 && second == 0 {
      first = .random(in: 1 ... .max)
      second = .random(in: 1 ... .max)
    }
    state = Mutex(
      varies
        ? .random(PhiloxWords(Philox(seed: first, seed2: second))) : .fixed(first, second))
  }

  /// The words that one iterator draws from.
  func makeWords() -> PhiloxWords {
    let (seed, seed2) = state.withLock { state -> (Int, Int) in
      switch state {
      case .fixed(let seed, let seed2): return (seed, seed2)
      case .random(var words):
        let pair = (Int(words.next()), Int(words.next()))
        state = .random(words)
        return pair
      }
    }
    return PhiloxWords(
      Philox(key: UInt64(bitPattern: Int64(seed)), high: UInt64(bitPattern: Int64(seed2))))
  }

  var summary: String { "seed generator" }
}

extension KernelContext {
  /// The seed generator behind the handle of input `index`; `nil` if the handle is a dummy.
  func seedGenerator(_ index: Int) throws(StatusError) -> SeedGenerator? {
    let handle: ResourceHandle = try scalar(index)
    guard let resource = handle.resource else { return nil }
    guard let generator = resource as? SeedGenerator else {
      throw .invalidArgument("Expected a seed generator, got \(resource.summary)")
    }
    return generator
  }
}
