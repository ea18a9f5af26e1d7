import Weirloom

/// The line that a batch prints.
struct BenchReport: Encodable {
  let engine = "ours"
  let workload: String
  let mode: String
  let iters: Int
  let medianMicroseconds: Double
  let p90Microseconds: Double
  let leastMicroseconds: Double
  let cpuMicroseconds: Double
  let firstRunMicroseconds: Double
  let loadMicroseconds: Double
  let peakMegabytes: Double
  let largestError: Double
  let mismatches: Int
  let intra: Int
  let inter: Int

  /// The names that all engines' reports share.
  private enum CodingKeys: String, CodingKey {
    case engine, workload, mode, iters, mismatches, intra, inter
    case medianMicroseconds = "median_us"
    case p90Microseconds = "p90_us"
    case leastMicroseconds = "min_us"
    case cpuMicroseconds = "cpu_us"
    case firstRunMicroseconds = "cold_us"
    case loadMicroseconds = "load_us"
    case peakMegabytes = "peak_rss_mb"
    case largestError = "max_abs_err"
  }

  init(
    workload: String, batch: Batch, coldMicroseconds: Double, loadMicroseconds: Double,
    check: OutputCheck, intra: Int, inter: Int, mode: String
  ) {
    self.workload = workload
    self.mode = mode
    iters = batch.samples.count
    medianMicroseconds = batch.quantile(0.5) / 1e3
    p90Microseconds = batch.quantile(0.9) / 1e3
    leastMicroseconds = batch.quantile(0) / 1e3
    cpuMicroseconds = batch.cpu / 1e3
    firstRunMicroseconds = coldMicroseconds
    self.loadMicroseconds = loadMicroseconds
    peakMegabytes = Clock.peakResidentMegabytes()
    largestError = check.largestError
    mismatches = check.mismatches
    self.intra = intra
    self.inter = inter
  }

  var text: String {
    let number = { (value: Double) in Console.number(value) }
    return Console.table([
      ["workload", workload], ["mode", mode], ["runs", String(iters)],
      ["median", number(medianMicroseconds) + " us"], ["p90", number(p90Microseconds) + " us"],
      ["min", number(leastMicroseconds) + " us"], ["cpu", number(cpuMicroseconds) + " us"],
      ["first run", number(firstRunMicroseconds) + " us"],
      ["load", number(loadMicroseconds) + " us"],
      ["peak memory", number(peakMegabytes) + " MB"], ["mismatches", String(mismatches)],
    ])
  }
}
