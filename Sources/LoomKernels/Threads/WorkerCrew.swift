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
///
/// `@unchecked Sendable` holds because every stored variable is read and written under `monitor`,
/// except `offers`, which is atomic.
final class WorkerCrew: @unchecked Sendable {
  private let helperLimit: Int
  private let threadLimit: Int
  private let monitor = Monitor()
  /// Seats in open jobs plus waiting closures: what a thread looking for work can see without a lock.
  private let offers = Atomic<Int>(0)

  // Under `monitor`.
  private var openJobs: [(job: ParallelJob, seats: Int)] = []
  private var closures: ArraySlice<@Sendable () -> Void> = []
  private var threads: [pthread_t] = []
  private var sleepers = 0
  private var isClosed = false

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
    monitor.lock()
    defer { monitor.unlock() }
    // A thread that cannot be had is no fault here: the caller does the work alone.
    while threads.count < helperLimit, !isClosed, startThread() {}
    if threads.isEmpty || isClosed || seats <= 0 { return }
    openJobs.append((job, seats))
    offers.add(seats, ordering: .relaxed)
    for _ in 0..<Swift.min(seats, sleepers) { monitor.signal(.work) }
  }

  /// Closes the job to helpers and waits for those inside.
  private func withdraw(_ job: ParallelJob) {
    monitor.lock()
    if let index = openJobs.firstIndex(where: { $0.job === job }) {
      offers.subtract(openJobs.remove(at: index).seats, ordering: .relaxed)
    }
    monitor.unlock()
    var spins = 0
    while job.helpers.load(ordering: .acquiring) > 0 {
      if spins < WorkerCrew.spinLimit {
        loom_spin_hint()
        spins += 1
        continue
      }
      // Sequentially consistent on both sides: either the last helper sees the flag, or it is gone
      // when the loop below looks.
      job.isAwaited.store(true, ordering: .sequentiallyConsistent)
      monitor.lock()
      while job.helpers.load(ordering: .sequentiallyConsistent) > 0 { monitor.wait(for: .done) }
      monitor.unlock()
    }
  }

  private func help(_ job: ParallelJob) {
    job.run()
    let isLast = job.helpers.subtract(1, ordering: .sequentiallyConsistent).newValue == 0
    if isLast, job.isAwaited.load(ordering: .sequentiallyConsistent) {
      monitor.lock()
      monitor.broadcast(.done)
      monitor.unlock()
    }
  }

  // MARK: Closures

  func enqueue(_ work: @escaping @Sendable () -> Void) throws(StatusError) {
    monitor.lock()
    defer { monitor.unlock() }
    if isClosed { throw StatusError(.cancelled, "The worker pool is closed.") }
    if closures.count >= sleepers, threads.count < threadLimit, !startThread(), threads.isEmpty {
      throw .resourceExhausted("The system refused to start a worker thread.")
    }
    closures.append(work)
    offers.add(1, ordering: .relaxed)
    if sleepers > 0 { monitor.signal(.work) }
  }

  // MARK: Threads

  /// Ends all threads once their work is done, and waits for them.
  func close() {
    monitor.lock()
    isClosed = true
    let ending = threads
    threads = []
    monitor.broadcast(.work)
    monitor.unlock()
    for thread in ending {
      // A thread cannot wait for itself; it ends on its own after the closure that closed the pool.
      if pthread_equal(thread, pthread_self()) != 0 {
        pthread_detach(thread)
      } else {
        pthread_join(thread, nil)
      }
    }
  }

  /// Starts one more thread. The lock is held.
  private func startThread() -> Bool {
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
    threads.append(thread)
    return true
  }

  private enum Task {
    case help(ParallelJob)
    case run(@Sendable () -> Void)
    case end
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
    monitor.lock()
    defer { monitor.unlock() }
    while true {
      if let last = openJobs.indices.last {
        // The newest loop first: it is the one whose data is warm.
        let job = openJobs[last].job
        openJobs[last].seats -= 1
        if openJobs[last].seats == 0 { openJobs.removeLast() }
        offers.subtract(1, ordering: .relaxed)
        job.helpers.add(1, ordering: .relaxed)
        return .help(job)
      }
      if let closure = closures.popFirst() {
        offers.subtract(1, ordering: .relaxed)
        return .run(closure)
      }
      if isClosed { return .end }
      sleepers += 1
      monitor.wait(for: .work)
      sleepers -= 1
    }
  }
}
