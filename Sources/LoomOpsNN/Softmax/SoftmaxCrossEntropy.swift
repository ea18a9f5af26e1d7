public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The cross entropy of `softmax(features)` against a distribution per row, and its gradient.
///
/// Both operands broadcast to one matrix. Labels are taken as they are; they need not add up to one.
public enum SoftmaxCrossEntropyWithLogits: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "SoftmaxCrossEntropyWithLogits", inputs: ["features: T", "labels: T"],
    outputs: ["loss: T", "backprop: T"], attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction { context in
    let (features, labels) = (context.input(0), context.input(1))
    let shape: PartialShape
    // Two shapes that agree are taken to be equal; only where they do not, do they broadcast.
    if features.rank ?? 2 == 2, features.isCompatible(with: labels) {
      shape = try PartialShape.unknown(rank: 2).merged(with: features).merged(with: labels)
    } else {
      shape = try features.broadcast(with: labels)
      guard shape.rank == 2 else {
        throw StatusError.invalidArgument(
          "Shape must be broadcasted with rank 2, but is \(shape)")
      }
    }
    context.setOutput(0, [shape[0]])
    context.setOutput(1, shape)
  }
  public static let gradient = GradientRule.dense { context in
    let logits = try context.input(0)
    let column = try context.expandDims(context.upstream(0), axis: -1)
    let negative = try context.neg(context.build("LogSoftmax", [logits]))
    return [
      try crossEntropyGradient(context, column), try context.mul(column, negative),
    ]
  }
  public static let kernels = KernelTable.floating(SoftmaxCrossEntropyWithLogits.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { context in
      let (features, labels) = (try context.input(0), try context.input(1))
      let shape: Shape
      do {
        shape = try Broadcast(features.shape, labels.shape).result
      } catch {
        throw StatusError.invalidArgument(
          "logits and labels must be broadcastable: logits_size=\(features.shape) "
            + "labels_size=\(labels.shape)")
      }
      guard shape.rank == 2 else {
        throw StatusError.invalidArgument(
          "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional")
      }
      let (rows, columns) = (shape[0], shape[1])
      let x = try MatrixView<Scalar>(features)
      let y = try MatrixView<Scalar>(labels)
      let loss = try context.allocate(0, dtype: Scalar.dtype, shape: Shape(vector: rows))
      let backprop = try context.allocate(1, dtype: Scalar.dtype, shape: shape)
      var losses = try MutableTensor<Scalar>(exclusive: loss)
      var gradients = try MutableTensor<Scalar>(exclusive: backprop)
      var lossSpan = losses.mutableSpan
      var gradientSpan = gradients.mutableSpan
      let logits = try features.span(of: Scalar.self)
      let targets = try labels.span(of: Scalar.self)
      for row in 0..<rows {
        var largest = -Scalar.Accumulator.infinity
        for column in 0..<columns {
          let value = logits[x.offset(row, column)].accumulator
          if value > largest || value.isNaN { largest = value }
          if value.isNaN { break }
        }
        var sum: Scalar.Accumulator = 0
        for column in 0..<columns {
          sum += .exp(logits[x.offset(row, column)].accumulator - largest)
        }
        let logarithm = Scalar.Accumulator.log(sum)
        var total: Scalar.Accumulator = 0
        for column in 0..<columns {
          let shifted = logits[x.offset(row, column)].accumulator - largest
          let label = targets[y.offset(row, column)].accumulator
          total += label * (logarithm - shifted)
          gradientSpan[row * columns + column] = Scalar(
            Scalar.Accumulator.exp(shifted) / sum - label)
        }
        lossSpan[row] = Scalar(total)
      }
    }
  }
}

/// A tensor of rank at most two, read as a matrix that repeats where a size is 1.
private struct MatrixView<Scalar: TensorScalar> {
  let rowStride: Int
  let columnStride: Int

  init(_ tensor: AnyTensor) throws(StatusError) {
    let shape = tensor.shape
    let columns = shape.rank >= 1 ? shape[shape.rank - 1] : 1
    let rows = shape.rank >= 2 ? shape[shape.rank - 2] : 1
    rowStride = rows == 1 ? 0 : columns
    columnStride = columns == 1 ? 0 : 1
  }

  func offset(_ row: Int, _ column: Int) -> Int { row &* rowStride &+ column &* columnStride }
}

/// The cross entropy of `softmax(features)` against one class per row, and its gradient.
public enum SparseSoftmaxCrossEntropyWithLogits: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "SparseSoftmaxCrossEntropyWithLogits", inputs: ["features: T", "labels: Tlabels"],
    outputs: ["loss: T", "backprop: T"],
    attributes: ["T: {half, bfloat16, float, double}", "Tlabels: {int32, int64} = int64"])
  public static let shapes = ShapeFunction { context in
    let features = try context.requireRank(0, 2)
    let labels = try context.requireRank(1, 1)
    let rows = try ShapeContext.merge(features[0], labels[0])
    context.setOutput(0, [rows])
    context.setOutput(1, [rows, features[1]])
  }
  public static let gradient = GradientRule.dense { context in
    let column = try context.expandDims(context.upstream(0), axis: -1)
    return [try crossEntropyGradient(context, column), nil]
  }
  public static let kernels = KernelTable.floating(SparseSoftmaxCrossEntropyWithLogits.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { context in
      let (features, labels) = (try context.input(0), try context.input(1))
      guard features.shape.rank == 2 else {
        throw StatusError.invalidArgument("logits must be 2-D, but got shape \(features.shape)")
      }
      guard labels.shape.rank == 1 else {
        throw StatusError.invalidArgument("labels must be 1-D, but got shape \(labels.shape)")
      }
      let (rows, columns) = (features.shape[0], features.shape[1])
      guard labels.elementCount == rows else {
        throw StatusError.invalidArgument(
          "logits and labels must have the same first dimension, got logits shape "
            + "\(features.shape) and labels shape \(labels.shape)")
      }
      guard columns > 0 else {
        throw StatusError.invalidArgument(
          "Must have at least one class, but got logits shape \(features.shape)")
      }
      let classes = try labels.integers()
      if let wrong = classes.first(where: { $0 < 0 || $0 >= columns }) {
        let list = classes.map(String.init).joined(separator: " ")
        throw StatusError.invalidArgument(
          "Received a label value of \(wrong) which is outside the valid range of "
            + "[0, \(columns)).  Label values: \(list)")
      }
      let loss = try context.allocate(0, dtype: Scalar.dtype, shape: Shape(vector: rows))
      let backprop = try context.allocate(1, dtype: Scalar.dtype, shape: features.shape)
      var losses = try MutableTensor<Scalar>(exclusive: loss)
      var gradients = try MutableTensor<Scalar>(exclusive: backprop)
      var lossSpan = losses.mutableSpan
      var gradientSpan = gradients.mutableSpan
      let logits = try features.span(of: Scalar.self)
      for row in 0..<rows {
        let range = (row * columns)..<((row + 1) * columns)
        let largest = maximum(logits, range)
        var sum: Scalar.Accumulator = 0
        for index in range { sum += .exp(logits[index].accumulator - largest) }
        let target = range.lowerBound + classes[row]
        lossSpan[row] = Scalar(Scalar.Accumulator.log(sum) - (logits[target].accumulator - largest))
        for index in range {
          let share = Scalar.Accumulator.exp(logits[index].accumulator - largest) / sum
          gradientSpan[index] = Scalar(index == target ? share - 1 : share)
        }
      }
    }
  }
}

/// `upstream[0] · backprop`, and the second derivative where a gradient of `backprop` arrived.
private func crossEntropyGradient(
  _ context: GradientContext, _ column: AnyOutput
) throws -> AnyOutput {
  let first = try context.mul(column, context.output(1))
  guard context.upstream.count > 1, context.upstream[1] != nil else { return first }
  let upstream = try context.upstream(1)
  let softmax = try context.build("Softmax", [context.input(0)])
  let product = try context.build(
    "BatchMatMulV2",
    [context.expandDims(upstream, axis: 1), context.expandDims(softmax, axis: 2)])
  let total = try context.build("Squeeze", [product], ["squeeze_dims": .ints([1])])
  return try context.add(first, context.mul(context.sub(upstream, total), softmax))
}

/// The cross entropy of `softmax(logits)` against the distributions `labels`, one value per row.
///
/// - Parameters:
///   - logits: `[batch, classes]`.
///   - labels: `[batch, classes]`, or a shape that broadcasts to it.
/// - SeeAlso: TensorFlow op `SoftmaxCrossEntropyWithLogits`.
public func softmaxCrossEntropy<Scalar: FloatingScalar>(
  logits: Output<Scalar>, labels: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    logits.graph.addOperation(
      "SoftmaxCrossEntropyWithLogits", inputs: [logits.erased, labels.erased], name: name
    ).output(0))
}

/// The cross entropy of `softmax(logits)` against the classes `labels`, one value per row.
///
/// - Parameters:
///   - logits: `[batch, classes]`.
///   - labels: `[batch]`; a class outside `0 ..< classes` is an error when the graph runs.
/// - SeeAlso: TensorFlow op `SparseSoftmaxCrossEntropyWithLogits`.
public func sparseSoftmaxCrossEntropy<Scalar: FloatingScalar, Label: IntegerScalar>(
  logits: Output<Scalar>, labels: Output<Label>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    logits.graph.addOperation(
      "SparseSoftmaxCrossEntropyWithLogits", inputs: [logits.erased, labels.erased], name: name
    ).output(0))
}
