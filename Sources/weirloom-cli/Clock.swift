import Glibc

/// Clocks in nanoseconds and the process's memory, as benchmarks report them.
enum Clock {
  static func now() -> Double { read(CLOCK_MONOTONIC) }

  /// CPU time of all threads of the process.
  static func cpu() -> Double { read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }

  static func peakResidentMegabytes() -> Double {
    var usage = rusage()
    guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return Double(usage.ru_maxrss) / 1024
  }
}

/// The timings of one batch of runs, in nanoseconds.
struct Batch {
  /// Sorted.
  let samples: [Double]
  /// CPU time per run.
  let cpu: Double

  func quantile(_ fraction: Double) -> Double {
    guard let last = samples.last else { return 0 }
    let position = Int((fraction * Double(samples.count)).rounded(.down))
    return position < samples.count ? samples[position] : last
  }
}
