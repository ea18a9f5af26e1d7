import LoomCore
import LoomGraph
import LoomKernels
import Synchronization

/// A step that is fed and fetched piece by piece, and runs as far as its feeds allow.
///
/// Thread-safe: calls for one step take turns. What does not depend on feeds runs when the step is made.
package final class PartialStep: Sendable {
  package let handle: String
  let step: Step
  private let runnable: RunnablePlan
  private let order: PartialOrder
  private let feedIndices: [Node.Endpoint: Int]
  private let fetchIndices: [Node.Endpoint: Int]

  private struct State {
    var executor: RegionExecutor
    var isFed: [Bool]
    var isFetched: [Bool]
    /// What the step failed of when nobody was there to be told.
    var failure: StatusError?
  }
  private let state: Mutex<State>

  init(handle: String, step: Step, plan: RunnablePlan, signature: RunSignature) {
    self.handle = handle
    self.step = step
    runnable = plan
    order = PartialOrder(plan.plan)
    feedIndices = Dictionary(
      zip(signature.feeds, signature.feeds.indices), uniquingKeysWith: { first, _ in first })
    fetchIndices = Dictionary(
      zip(signature.fetches, signature.fetches.indices), uniquingKeysWith: { first, _ in first })
    var executor = RegionExecutor(
      plan: plan.plan, memory: step.memory, services: step.services, trace: nil)
    executor.runOutOfOrder(feeds: order.feedsOfItem.map(\.count))
    state = Mutex(
      State(
        executor: executor, isFed: [Bool](repeating: false, count: signature.feeds.count),
        isFetched: [Bool](repeating: false, count: plan.plan.fetches.count)))
  }

  /// Runs what needs no feed. A failure is kept for the first use of the handle.
  func start() {
    state.withLock { state in
      do throws(StatusError) { _ = try state.executor.proceed() } catch { state.failure = error }
    }
  }

  /// Delivers feeds, runs what has become ready and returns the fetches.
  ///
  /// - Returns: the values in the order asked for, and whether nothing is left to feed or fetch.
  /// - Throws: `refused` for feeds and fetches that the step can't take now: it stands as before;
  ///   `failed` for what a kernel threw: the step is over.
  func run(
    feeds: [(AnyOutput, AnyTensor)], fetches: [AnyOutput]
  ) throws(Fault) -> (values: [AnyTensor], isFinished: Bool) {
    try state.withLock { (state: inout sending State) throws(Fault) in
      if let failure = state.failure { throw .failed(failure) }
      let (fed, taken): ([Int], [Int])
      do throws(StatusError) {
        (fed, taken) = try check(feeds.map(\.0), fetches, state)
      } catch { throw .refused(error) }
      do throws(StatusError) {
        let root = step.memory.frames[0]
        for (index, feed) in zip(fed, feeds) {
          root.set(runnable.plan.feedSlots[index], feed.1)
          state.isFed[index] = true
          for (item, feeds) in order.feedsOfItem.enumerated() where feeds.contains(index) {
            state.executor.deliverFeed(to: item)
          }
        }
        try advance(&state, to: taken)
        var values: [AnyTensor] = []
        for index in taken {
          state.isFetched[index] = true
          values.append(try value(index, state))
        }
        return (values, !state.isFed.contains(false) && !state.isFetched.contains(false))
      } catch {
        state.executor.abandon()
        throw .failed(error)
      }
    }
  }

  enum Fault: Error {
    case refused(StatusError)
    case failed(StatusError)
  }

  /// The positions of feeds and fetches in the signature, if they can be had now.
  private func check(
    _ feeds: [AnyOutput], _ fetches: [AnyOutput], _ state: State
  ) throws(StatusError) -> (fed: [Int], taken: [Int]) {
    var isFed = state.isFed
    var fed: [Int] = []
    for feed in feeds {
      guard let index = feedIndices[feed.endpoint] else {
        throw .invalidArgument("The feed \(feed.name) was not specified in partial_run_setup.")
      }
      guard !isFed[index] else {
        throw .invalidArgument("The feed \(feed.name) has already been fed.")
      }
      isFed[index] = true
      fed.append(index)
    }
    var taken: [Int] = []
    for fetch in fetches {
      guard let index = fetchIndices[fetch.endpoint] else {
        throw .invalidArgument("The fetch \(fetch.name) was not specified in partial_run_setup.")
      }
      guard !state.isFetched[index] else {
        throw .invalidArgument("The fetch \(fetch.name) has already been fetched.")
      }
      guard order.feedsOfFetch[index].allSatisfy({ isFed[$0] }) else {
        throw .invalidArgument(
          "Fetch \(fetch.name) can't be computed from the feeds that have been fed so far.")
      }
      taken.append(index)
    }
    return (fed, taken)
  }

  /// Runs what is ready, and waits until the fetches are there.
  private func advance(_ state: inout State, to fetches: [Int]) throws(StatusError) {
    let items = fetches.compactMap { order.itemOfFetch[$0] }
    while true {
      let seen = step.services.wakeup.count
      let isFinished = try state.executor.proceed()
      if isFinished || items.allSatisfy({ state.executor.isDone($0) }) { return }
      step.services.wakeup.wait(after: seen, cancellation: step.cancellation)
    }
  }

  private func value(_ index: Int, _ state: State) throws(StatusError) -> AnyTensor {
    let value: AnyTensor? =
      switch runnable.plan.fetches[index] {
      case .slot(let slot): try step.memory.frames[0].value(slot)
      case .inside: state.executor.inner[index]
      case .feed: nil
      }
    guard let value else { throw .invalidArgument("Retval[\(index)] does not have value") }
    return value
  }
}
