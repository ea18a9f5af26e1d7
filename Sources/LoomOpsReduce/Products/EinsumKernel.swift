import LoomCore
import LoomGraph
import LoomKernels

/// Brings both operands into the form of batches of matrices, multiplies, and lays the result out.
final class EinsumKernel<Scalar: AccumulatingScalar>: Kernel {
  let equation: EinsumEquation

  init(_ equation: EinsumEquation) { self.equation = equation }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    guard context.inputCount == equation.inputs.count else {
      throw .invalidArgument(
        "Expected \(equation.inputs.count) inputs for einsum, got \(context.inputCount)")
    }
    var operands: [EinsumOperand] = []
    for (index, subscripts) in equation.inputs.enumerated() {
      operands.append(try EinsumOperand(context.input(index), subscripts))
    }
    let plan = try EinsumPlan(equation, operands)
    let output = try context.allocate(0, dtype: Scalar.dtype, shape: plan.shape)
    if output.elementCount == 0 { return }
    let result: AnyTensor
    if operands.count == 1 {
      let labels = plan.distinct
      let target = plan.isDirect(labels) ? output : nil
      result = try arrange(
        operands[0], kept: labels, summed: operands[0].labels.filter { !labels.contains($0) },
        plan, into: target, context)
      if target != nil { return }
    } else {
      let order = plan.batch + plan.freeA + plan.freeB
      let target = plan.isDirect(order) ? output : nil
      result = try multiply(operands, plan, order, into: target, context)
      if target != nil { return }
    }
    try layOut(
      result, operands.count == 1 ? plan.distinct : plan.batch + plan.freeA + plan.freeB, plan,
      into: output, context)
  }

  private func multiply(
    _ operands: [EinsumOperand], _ plan: EinsumPlan, _ order: [EinsumLabel],
    into target: AnyTensor?, _ context: borrowing KernelContext
  ) throws(StatusError) -> AnyTensor {
    let (a, b) = (operands[0], operands[1])
    let keptA = plan.batch + plan.freeA + plan.contracted
    let keptB = plan.batch + plan.contracted + plan.freeB
    let left = try arrange(
      a, kept: keptA, summed: a.labels.filter { !keptA.contains($0) }, plan, into: nil, context)
    let right = try arrange(
      b, kept: keptB, summed: b.labels.filter { !keptB.contains($0) }, plan, into: nil, context)
    let rows = try plan.size(plan.freeA)
    let depth = try plan.size(plan.contracted)
    let columns = try plan.size(plan.freeB)
    let count = try plan.size(plan.batch)
    let result = try memory(target, plan.shape(order), context)
    let shape = GemmShape(
      m: rows, n: columns, k: depth, count: count,
      layout: .strided(a: rows &* depth, b: depth &* columns))
    try MatrixProduct.multiply(left, right, into: result, of: Scalar.self, shape, context.workers)
    return result
  }

  /// The operand as a dense tensor of the dimensions `kept`, summed over `summed`; diagonals are taken
  /// where a label stands twice.
  private func arrange(
    _ operand: EinsumOperand, kept: [EinsumLabel], summed: [EinsumLabel], _ plan: EinsumPlan,
    into target: AnyTensor?, _ context: borrowing KernelContext
  ) throws(StatusError) -> AnyTensor {
    let order = kept + summed
    let sizes = order.map { plan.sizes[$0] ?? 1 }
    let shape = try Shape(sizes)
    var dense = operand.tensor
    let strides = order.map { operand.strides[$0] ?? 0 }
    if strides != shape.strides || shape.elementCount != dense.elementCount || target != nil {
      let copy = try memory(summed.isEmpty ? target : nil, shape, context)
      try StridedCopy(sizes: sizes, sourceStrides: strides, targetStrides: shape.strides).run(
        from: dense, to: copy, workers: context.workers)
      dense = copy
    }
    if summed.isEmpty { return dense }
    let results = try plan.size(kept)
    let matrix = try dense.reshaped(to: Shape([results, plan.size(summed)]))
    let reduction = try ReductionPlan(matrix.shape, axes: [1], keepingDimensions: false)
    let result = try memory(target, plan.shape(kept), context)
    try Reduction<SumBody<Scalar>>.run(matrix, reduction, into: result, context)
    return result
  }

  /// The output's memory, or working memory where the result is not yet the output.
  private func memory(
    _ target: AnyTensor?, _ shape: Shape, _ context: borrowing KernelContext
  ) throws(StatusError) -> AnyTensor {
    if let target { return target }
    return try .uninitialized(dtype: Scalar.dtype, shape: shape, budget: context.budget)
  }

  /// Copies dimensions to their places in the output; where a label stands twice there, the result
  /// fills the diagonal and zeros the rest.
  private func layOut(
    _ result: AnyTensor, _ order: [EinsumLabel], _ plan: EinsumPlan, into output: AnyTensor,
    _ context: borrowing KernelContext
  ) throws(StatusError) {
    var strides: [EinsumLabel: Int] = [:]
    for (axis, label) in plan.output.enumerated() {
      strides[label, default: 0] += plan.shape.strides[axis]
    }
    if Set(plan.output).count < plan.output.count {
      var memory = try MutableTensor<Scalar>(exclusive: output)
      var span = memory.mutableSpan
      for index in 0..<span.count { span[index] = .zero }
    }
    let sizes = order.map { plan.sizes[$0] ?? 1 }
    try StridedCopy(
      sizes: sizes, sourceStrides: Shape(sizes).strides,
      targetStrides: order.map { strides[$0] ?? 0 }
    ).run(from: result, to: output, workers: context.workers)
  }
}

/// A tensor with names for its dimensions.
struct EinsumOperand {
  let tensor: AnyTensor
  /// Each label once, in the order of the dimensions.
  private(set) var labels: [EinsumLabel] = []
  private(set) var sizes: [EinsumLabel: Int] = [:]
  /// How far one step along a label goes; a diagonal's step walks all its dimensions.
  private(set) var strides: [EinsumLabel: Int] = [:]

  init(_ tensor: AnyTensor, _ subscripts: [Character]) throws(StatusError) {
    self.tensor = tensor
    let shape = tensor.shape
    guard let all = EinsumEquation.labels(subscripts, rank: shape.rank) else {
      throw .invalidArgument(
        "Expected input of shape \(shape) to have the dimensions of \(String(subscripts))")
    }
    let steps = shape.strides
    for (axis, label) in all.enumerated() {
      if let known = sizes[label] {
        guard known == shape[axis] else {
          throw .invalidArgument(
            "Expected dimension \(known) at axis \(axis) of the input shaped \(shape) but got "
              + "dimension \(shape[axis])")
        }
        strides[label, default: 0] += steps[axis]
      } else {
        labels.append(label)
        sizes[label] = shape[axis]
        strides[label] = steps[axis]
      }
    }
  }

  /// Without a dimension of size 1 that is broadcast.
  mutating func drop(_ label: EinsumLabel) { labels.removeAll { $0 == label } }
}

/// Which dimensions of an einsum play which part.
struct EinsumPlan {
  /// The output's labels, possibly repeated, and its shape.
  let output: [EinsumLabel]
  let shape: Shape
  /// The output's labels, each once.
  let distinct: [EinsumLabel]
  private(set) var sizes: [EinsumLabel: Int] = [:]
  /// In both operands and the output.
  private(set) var batch: [EinsumLabel] = []
  /// In the first operand and the output.
  private(set) var freeA: [EinsumLabel] = []
  /// In the second operand and the output.
  private(set) var freeB: [EinsumLabel] = []
  /// In both operands, but not in the output.
  private(set) var contracted: [EinsumLabel] = []

  init(_ equation: EinsumEquation, _ operands: [EinsumOperand]) throws(StatusError) {
    var operands = operands
    var sizes: [EinsumLabel: Int] = [:]
    var hidden = 0
    for operand in operands {
      for label in operand.labels {
        let size = operand.sizes[label] ?? 1
        guard let known = sizes[label] else {
          sizes[label] = size
          if case .hidden = label { hidden += 1 }
          continue
        }
        if case .hidden = label, known == 1 || size == 1 {
          sizes[label] = known == 1 ? size : known
        } else if known != size {
          throw .invalidArgument(
            "Expected dimension \(known) of the input shaped \(operand.tensor.shape) but got "
              + "dimension \(size)")
        }
      }
    }
    // A broadcast dimension of size 1 takes no part: the other operand's is free.
    for index in operands.indices {
      for label in operands[index].labels where operands[index].sizes[label] != sizes[label] {
        operands[index].drop(label)
      }
    }
    let named = equation.output.filter { $0 != "." }.count
    let hasEllipsis = named < equation.output.count
    guard hasEllipsis || hidden == 0 else {
      throw .invalidArgument("Ellipsis of the inputs is missing in the output")
    }
    guard let output = EinsumEquation.labels(equation.output, rank: named + hidden) else {
      throw .invalidArgument("Malformed output subscripts \(String(equation.output))")
    }
    self.output = output
    self.sizes = sizes
    shape = try Shape(output.map { sizes[$0] ?? 1 })
    var distinct: [EinsumLabel] = []
    for label in output where !distinct.contains(label) { distinct.append(label) }
    self.distinct = distinct
    guard operands.count == 2 else { return }
    let (a, b) = (operands[0].labels, operands[1].labels)
    // Shared dimensions in the order of the output, or of the first operand.
    batch = distinct.filter { a.contains($0) && b.contains($0) }
    freeA = distinct.filter { a.contains($0) && !b.contains($0) }
    freeB = distinct.filter { !a.contains($0) && b.contains($0) }
    contracted = a.filter { b.contains($0) && !distinct.contains($0) }
  }

  /// Whether a dense tensor of these dimensions is the output itself.
  func isDirect(_ order: [EinsumLabel]) -> Bool { order == output }

  /// The number of elements of a tensor of these dimensions.
  func size(_ labels: [EinsumLabel]) throws(StatusError) -> Int {
    try shape(labels).elementCount
  }

  func shape(_ labels: [EinsumLabel]) throws(StatusError) -> Shape {
    try Shape(labels.map { sizes[$0] ?? 1 })
  }
}
