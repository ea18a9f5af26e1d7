import LoomCore
import LoomKernels

/// The scalars of one update, and the op's flag.
struct UpdateParameters<Scalar: UpdateScalar> {
  var scalars = InlineArray<8, Scalar>(repeating: .zero)
  var flag = false

  /// Scalar `index` in the order of the declaration.
  subscript(index: Int) -> Scalar { scalars[index] }
}

/// A step made from the scalars of one run.
protocol OptimizerStep: UpdateStep where Scalar: UpdateScalar {
  init(_ parameters: UpdateParameters<Scalar>)
}

/// Runs an optimizer's step over a variable: all elements, or the rows of a sparse gradient.
final class UpdateKernel<Step: OptimizerStep>: Kernel {
  typealias Scalar = Step.Scalar
  private let layout: UpdateLayout
  private let isReference: Bool
  private let isSparse: Bool
  private let flag: Bool

  init(
    _ step: Step.Type, _ layout: UpdateLayout, _ construction: KernelConstruction
  ) throws(StatusError) {
    self.layout = layout
    isReference = construction.inputTypes.first?.isReference ?? false
    isSparse = construction.attributes["Tindices"] != nil
    flag = if let name = layout.flag { try construction.attributes.bool(name) } else { false }
    guard layout.scalars.count <= 8, layout.variableCount <= LockedVariables.limit else {
      throw .internal("\(construction.op) has too many inputs")
    }
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    var parameters = UpdateParameters<Scalar>()
    parameters.flag = flag
    for index in layout.scalars.indices {
      parameters.scalars[index] = try scalar(index, context)
    }
    let step = Step(parameters)
    let gradient = try context.input(layout.gradient)
    let indices = isSparse ? try context.input(layout.indices) : nil
    var cells = InlineArray<4, VariableCell?>(repeating: nil)
    for index in 0..<layout.variableCount {
      cells[index] = try context.variable(index, isReference: isReference)
    }
    let (budget, workers) = (context.budget, context.workers)
    try VariableCell.withLocks(on: cells, count: layout.variableCount) {
      (locked) throws(StatusError) in
      try self.check(locked, gradient)
      if let indices {
        let rows = try self.rows(indices, gradient, locked.shape(0))
        try UpdateLoop.sparse(
          step, locked.writable(budget: budget), gradient: gradient, rows: rows)
      } else {
        try UpdateLoop.dense(
          step, locked.writable(budget: budget), gradient: gradient, workers: workers)
      }
    }
    if isReference { try context.forward(0, to: 0) }
  }

  private func scalar(
    _ index: Int, _ context: borrowing KernelContext
  ) throws(StatusError) -> Scalar {
    let tensor = try context.input(layout.scalar(index, isSparse: isSparse))
    guard tensor.shape.isScalar else {
      throw .invalidArgument("\(layout.scalars[index]) is not a scalar: \(tensor.shape)")
    }
    if tensor.dtype == .int64 {
      return Scalar(converting: Double(try tensor.element(0, of: Int64.self)))
    }
    return try tensor.element(0, of: Scalar.self)
  }

  /// Variable and slots have values of one shape, and so has a dense gradient.
  private func check(
    _ locked: borrowing LockedVariables, _ gradient: AnyTensor
  ) throws(StatusError) {
    for index in 0..<layout.variableCount where locked[index] == nil {
      guard isReference else { throw .internal("Invalid variable reference.") }
      throw .failedPrecondition("Attempting to use uninitialized value \(locked.name(index))")
    }
    let shape = try locked.shape(0)
    for (index, slot) in layout.slots.enumerated() {
      let other = try locked.shape(index + 1)
      guard other == shape else {
        throw .invalidArgument("var and \(slot) do not have the same shape\(shape) \(other)")
      }
    }
    if !isSparse, gradient.shape != shape {
      throw .invalidArgument(
        "var and \(layout.gradientName) do not have the same shape\(shape) \(gradient.shape)")
    }
    if locked[0]?.dtype != gradient.dtype {
      throw .invalidArgument("Expected a variable of \(gradient.dtype)")
    }
  }

  /// The rows a sparse gradient belongs to.
  private func rows(
    _ indices: AnyTensor, _ gradient: AnyTensor, _ shape: Shape
  ) throws(StatusError) -> [Int] {
    guard shape.rank > 0 else { throw .invalidArgument("var must be at least 1 dimensional") }
    guard indices.shape.rank == 1 else {
      throw .invalidArgument("indices must be one-dimensional")
    }
    guard gradient.shape.rank == shape.rank else {
      throw .invalidArgument(
        "var and grad must match in rank: \(shape) vs. \(gradient.shape)")
    }
    for dimension in 1..<Swift.max(shape.rank, 1)
    where shape[dimension] != gradient.shape[dimension] {
      throw .invalidArgument("var and grad must match in dimension \(dimension)")
    }
    guard gradient.shape[0] == indices.shape[0] else {
      throw .invalidArgument("grad must be the same size as indices in the first dimension.")
    }
    let rows = try indices.integers()
    for (offset, row) in rows.enumerated() where row < 0 || row >= shape[0] {
      throw .invalidArgument("Index \(row) at offset \(offset) in indices is out of range")
    }
    return rows
  }
}
