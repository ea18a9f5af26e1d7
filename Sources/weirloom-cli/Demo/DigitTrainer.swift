import Weirloom

/// Trains the network and tests it after each epoch.
struct DigitTrainer {
  private static let batchSize = 32

  private let training: DigitImages
  private let test: DigitImages
  private let seed: Int
  private let network: DigitNetwork
  private let session: Session

  init(training: DigitImages, test: DigitImages, seed: Int) throws(StatusError) {
    self.training = training
    self.test = test
    self.seed = seed
    network = try DigitNetwork(seed: seed)
    session = try Session(graph: network.graph)
  }

  func close() { session.close() }

  /// - Parameters:
  ///   - finished: Called after each epoch.
  ///   - progress: Called after each step with the part of the work that is done.
  func train(
    epochs: Int, finished: (DemoReport.Epoch) -> Void, progress: (Double) -> Void
  ) throws(StatusError) -> DemoReport {
    try session.run(network.graph.globalVariablesInitializer)
    let step = try session.makeCallable(
      feeding: network.images, network.labels, fetching: network.train, network.loss)
    let predict = try session.makeCallable(
      feeding: network.images, fetching: network.predictions)
    let testImages = try test.batch(0..<test.count).images

    var report = DemoReport(seed: seed)
    var generator = SplitMix64(state: UInt64(bitPattern: Int64(seed)))
    var order = Array(0..<training.count)
    let batches = (order.count + DigitTrainer.batchSize - 1) / DigitTrainer.batchSize
    for epoch in 1...epochs {
      order.shuffle(using: &generator)
      var loss = 0.0
      for batch in 0..<batches {
        let start = batch * DigitTrainer.batchSize
        let rows = order[start..<min(start + DigitTrainer.batchSize, order.count)]
        let (images, labels) = try training.batch(rows)
        let began = Clock.now()
        let (_, batchLoss) = try step(images, labels)
        report.addStep(nanoseconds: Clock.now() - began)
        loss += Double(batchLoss.scalar ?? .nan) * Double(rows.count)
        progress(Double((epoch - 1) * batches + batch + 1) / Double(epochs * batches))
      }
      let predictions = try predict(testImages).scalars
      report.addEpoch(
        loss: loss / Double(order.count), predictions: predictions, labels: test.labels)
      if let last = report.epochs.last { finished(last) }
    }
    return report
  }
}

/// A small generator that gives the same numbers everywhere (Steele, Lea and Flood, 2014).
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
