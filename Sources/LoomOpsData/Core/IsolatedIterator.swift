import LoomCore
import LoomKernels

/// An iterator whose functions have a state of their own: random ops in them begin anew with it, and other
/// iterators of the dataset draw on their own.
final class IsolatedIterator: BufferingIterator {
  private let base: any DatasetIterator
  private let state: ResourceManager
  /// The services of the step that asked last, and what stands for them here.
  private var latest: (step: StepServices, isolated: StepServices)?

  fileprivate init(_ base: any DatasetIterator, _ state: ResourceManager) {
    self.base = base
    self.state = state
  }

  private func isolated(_ services: StepServices) -> StepServices {
    if let latest, latest.step === services { return latest.isolated }
    let isolated = services.keeping(state)
    latest = (services, isolated)
    return isolated
  }

  func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
    try base.next(isolated(services))
  }

  func attempt(_ services: StepServices) throws(StatusError) -> Attempt {
    try base.nextIfReady(isolated(services))
  }
}

extension DatasetValue {
  /// Starts from the beginning, for somebody who is no dataset: all functions begin with a fresh state.
  func makeIsolatedIterator(
    _ services: StepServices
  ) throws(StatusError) -> sending any DatasetIterator {
    let state = ResourceManager()
    return IsolatedIterator(try makeIterator(services.keeping(state)), state)
  }
}
