public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Draws classes with the probabilities that logits give, a row of draws for each row of logits.
public enum Multinomial: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "Multinomial", inputs: ["logits: T", "num_samples: int32"], outputs: ["output: output_dtype"],
    attributes: [
      "seed: int = 0",
      "seed2: int = 0",
      "T: \(Allowed.real)",
      "output_dtype: {int32, int64} = int64",
    ], isStateful: true)
  public static let shapes = ShapeFunction { try $0.setDrawShape() }
  public static let gradient = GradientRule.notDifferentiable(because: "draws are discrete")
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable.floating(Multinomial.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(MultinomialKernel<Scalar>(construction, source: .make(construction)))
  }
}

/// ``Multinomial`` with a pair of seeds as an input.
public enum StatelessMultinomial: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "StatelessMultinomial", inputs: ["logits: T", "num_samples: int32", "seed: Tseed"],
    outputs: ["output: output_dtype"],
    attributes: [
      "T: \(Allowed.real)",
      "Tseed: {int32, int64} = int64",
      "output_dtype: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireVector(2, of: 2)
    try context.setDrawShape()
  }
  public static let gradient = GradientRule.notDifferentiable(because: "draws are discrete")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable.floating(StatelessMultinomial.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(MultinomialKernel<Scalar>(construction, source: nil))
  }
}

extension ShapeContext {
  fileprivate func setDrawShape() throws(StatusError) {
    let logits = try requireRank(0, 2)
    try requireRank(1, 0)
    let count = try constant(1)?.integers().first
    if let count, count < 0 {
      throw .invalidArgument(
        "Dimension size, given by scalar input 1, must be non-negative but is \(count)")
    }
    setOutput(0, [logits[0], count])
  }
}

private final class MultinomialKernel<Scalar: FloatingScalar>: Kernel {
  /// `nil` for a pair of seeds in input 2.
  let source: PhiloxSource?
  let outputType: DType

  init(_ construction: KernelConstruction, source: PhiloxSource?) throws(StatusError) {
    self.source = source
    outputType = try construction.outputType(0)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let logits = try context.input(0)
    let countTensor = try context.input(1)
    guard logits.shape.rank == 2 else {
      throw .invalidArgument("logits should be a matrix, got shape \(logits.shape)")
    }
    guard countTensor.shape.isScalar, let count = try countTensor.integers().first else {
      throw .invalidArgument("num_samples should be a scalar, got shape \(countTensor.shape)")
    }
    guard count >= 0 else {
      throw .invalidArgument("num_samples should be non-negative, got \(count)")
    }
    let (rows, classes) = (logits.shape[0], logits.shape[1])
    guard classes > 0 else {
      throw .invalidArgument("num_classes should be positive, got \(classes)")
    }
    let shape = try Shape([rows, count])
    var generator = Philox(key: 0)
    if let source {
      // Two words per sample, with room to spare.
      let padded = Checked.add(count, 3).map { $0 / 4 * 4 }
      guard let padded, let blocks = Checked.product([256, rows, 2, padded]) else {
        throw .invalidArgument("\(count) samples are too many")
      }
      if shape.elementCount > 0 { generator = try source.reserve(blocks, context.services) }
    } else {
      generator = try StatelessPosition.seed(2).read(context)
    }
    if outputType == .int32 {
      try draw(logits, rows, classes, count, generator, context, Int32.self)
    } else {
      try draw(logits, rows, classes, count, generator, context, Int64.self)
    }
  }

  private func draw<Index: IntegerScalar>(
    _ logits: AnyTensor, _ rows: Int, _ classes: Int, _ count: Int, _ generator: Philox,
    _ context: borrowing KernelContext, _ type: Index.Type
  ) throws(StatusError) {
    let values = try logits.span(of: Scalar.self)
    try context.makeOutput(0, of: Index.self, shape: Shape([rows, count])) {
      output throws(StatusError) in
      var words = PhiloxWords(generator)
      var sums = [Double](repeating: 0, count: classes)
      for row in 0..<rows where count > 0 {
        let start = row &* classes
        var highest = -Double.infinity
        for index in 0..<classes {
          let logit = values[start &+ index].doubleValue
          if logit.isFinite { highest = Swift.max(highest, logit) }
        }
        var total = 0.0
        for index in 0..<classes {
          let logit = values[start &+ index].doubleValue
          if logit.isFinite { total += Double.exp(logit - highest) }
          sums[index] = total
        }
        for sample in 0..<count {
          let high = words.next()
          let target = RandomBits.double(high, words.next()) * total
          // The first class whose running sum exceeds the target.
          var low = 0
          var end = classes
          while low < end {
            let middle = (low + end) / 2
            if sums[middle] > target { end = middle } else { low = middle + 1 }
          }
          output[row &* count &+ sample] = Index(
            truncatingIfNeeded: Swift.min(low, classes - 1))
        }
      }
    }
  }
}
