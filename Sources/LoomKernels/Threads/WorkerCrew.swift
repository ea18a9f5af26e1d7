import CLoomVector
import LoomCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The threads behind a ``WorkerPool`` and what they have to do.
///
/// Threads keep the crew alive, not the pool, so that releasing a pool can end them.
final class WorkerCrew: Sendable {
  private struct State {
    var openJobs: [(job: ParallelJob, seats: Int)] = []
    var closures: ArraySlice<@Sendable () -> Void> = []
    var threads: [pthread_t] = []
    var sleepers = 0
    var isClosed = false
  }

  private enum Task {
    case help(ParallelJob)
    case run(@Sendable () -> Void)
    case end
  }

  private let helperLimit: Int
  private let threadLimit: Int
  private let monitor = Monitor(State())
  /// Seats in open jobs plus waiting closures: what a thread looking for work can see without a lock.
  private let offers = Atomic<Int>(0)

  /// Pauses before a thread without work goes to sleep: 5 to 20 µs, by processor.
  private static let spinLimit = 300

  init(helperLimit: Int, threadLimit: Int) {
    self.helperLimit = helperLimit
    self.threadLimit = threadLimit
  }

  // MARK: Parallel loops

  /// Runs all pieces on the calling thread and on those that have nothing else to do.
  func run(count: Int, pieceSize: Int, body: ParallelJob.Body) {
    withoutActuallyEscaping(body) { body in
      unsafe withUnsafePointer(to: body) { pointer in
        let job = unsafe ParallelJob(count: count, pieceSize: pieceSize, body: pointer)
        offer(job, seats: Swift.min(helperLimit, (count - 1) / pieceSize))
        job.run()
        withdraw(job)
      }
    }
  }

  private func offer(_ job: ParallelJob, seats: Int) {
    monitor.withLock { state in
      // A thread that cannot be had is no fault here: the caller does the work alone.
      while state.threads.count < helperLimit, !state.isClosed, startThread(&state) {}
      if state.threads.isEmpty || seats <= 0 { return }
      state.openJobs.append((job, seats))
      offers.add(seats, ordering: .relaxed)
      monitor.wake(Swift.min(seats, state.sleepers), waitingFor: .work)
    }
  }

  /// Closes the job to helpers and waits for those inside.
  private func withdraw(_ job: ParallelJob) {
    monitor.withLock { state in
      if let index = state.openJobs.firstIndex(where: { $0.job === job }) {
        offers.subtract(state.openJobs.remove(at: index).seats, ordering: .relaxed)
      }
    }
    for _ in 0..<WorkerCrew.spinLimit {
      if job.helpers.load(ordering: .acquiring) == 0 { return }
      loom_spin_hint()
    }
    // Sequentially consistent on both sides: either the last helper sees the flag, or it is gone when
    // the closure looks.
    job.isAwaited.store(true, ordering: .sequentiallyConsistent)
    monitor.wait(for: .done) { _ in
      job.helpers.load(ordering: .sequentiallyConsistent) == 0 ? () : nil
    }
  }

  private func help(_ job: ParallelJob) {
    job.run()
    let isLast = job.helpers.subtract(1, ordering: .sequentiallyConsistent).newValue == 0
    if isLast, job.isAwaited.load(ordering: .sequentiallyConsistent) {
      monitor.withLock { _ in monitor.wakeAll(waitingFor: .done) }
    }
  }

  // MARK: Closures

  func enqueue(_ work: @escaping @Sendable () -> Void) throws(StatusError) {
    try monitor.withLock { (state) throws(StatusError) in
      if state.isClosed { throw StatusError(.cancelled, "The worker pool is closed.") }
      if state.closures.count >= state.sleepers, state.threads.count < threadLimit,
        !startThread(&state), state.threads.isEmpty
      {
        throw .resourceExhausted("The system refused to start a worker thread.")
      }
      state.closures.append(work)
      offers.add(1, ordering: .relaxed)
      monitor.wake(waitingFor: .work)
    }
  }

  // MARK: Threads

  /// Ends all threads once their work is done, and waits for them.
  func close() {
    let ending = monitor.withLock { state in
      state.isClosed = true
      monitor.wakeAll(waitingFor: .work)
      defer { state.threads = [] }
      return state.threads
    }
    for thread in ending {
      // A thread cannot wait for itself; it ends on its own after the closure that closed the pool.
      if pthread_equal(thread, pthread_self()) != 0 {
        pthread_detach(thread)
      } else {
        pthread_join(thread, nil)
      }
    }
  }

  /// Starts one more thread; false if the system refuses.
  private func startThread(_ state: inout State) -> Bool {
    var thread = pthread_t()
    let crew = unsafe Unmanaged.passRetained(self)
    let status = unsafe pthread_create(
      &thread, nil,
      { argument in
        // The reference passed to pthread_create is taken over exactly once, here.
        guard let argument = unsafe argument else { return nil }
        let crew = unsafe Unmanaged<WorkerCrew>.fromOpaque(argument).takeRetainedValue()
        crew.work()
        return nil
      }, crew.toOpaque())
    if status != 0 {
      unsafe crew.release()
      return false
    }
    state.threads.append(thread)
    return true
  }

  private func work() {
    while true {
      var spins = 0
      while offers.load(ordering: .relaxed) <= 0, spins < WorkerCrew.spinLimit {
        loom_spin_hint()
        spins += 1
      }
      switch nextTask() {
      case .help(let job): help(job)
      case .run(let closure): closure()
      case .end: return
      }
    }
  }

  /// What to do next, sleeping until there is something.
  private func nextTask() -> Task {
    var isCounted = false
    return monitor.wait(for: .work) { state in
      if isCounted { state.sleepers -= 1 }
      isCounted = false
      if let task = takeTask(&state) { return task }
      state.sleepers += 1
      isCounted = true
      return nil
    }
  }

  private func takeTask(_ state: inout State) -> Task? {
    if let last = state.openJobs.indices.last {
      // The newest loop first: it is the one whose data is warm.
      let job = state.openJobs[last].job
      state.openJobs[last].seats -= 1
      if state.openJobs[last].seats == 0 { state.openJobs.removeLast() }
      offers.subtract(1, ordering: .relaxed)
      job.helpers.add(1, ordering: .relaxed)
      return .help(job)
    }
    if let closure = state.closures.popFirst() {
      offers.subtract(1, ordering: .relaxed)
      return .run(closure)
    }
    return state.isClosed ? .end : nil
  }
}
