public import LoomCore

/// How a gradient flows back through an op.
public enum GradientRule: Sendable {
  /// Returns one gradient for each input, `nil` where none flows.
  case rule(@Sendable (GradientContext) throws -> [Gradient?])
  /// No gradient flows through this op, and that is right.
  case notDifferentiable(because: String)
  /// TensorFlow defines no gradient: asking for one is an error naming the op.
  case undefined

  /// A rule whose gradients are all dense.
  public static func dense(
    _ body: @escaping @Sendable (GradientContext) throws -> [AnyOutput?]
  ) -> GradientRule {
    .rule { context in try body(context).map { $0.map(Gradient.dense) } }
  }
}

/// A derivative with respect to one tensor.
public enum Gradient: Sendable {
  case dense(AnyOutput)
  case slices(IndexedSlices)
}

/// Rows of a larger tensor: `values[i]` belongs at row `indices[i]`; equal indices add up.
public struct IndexedSlices: Sendable, Hashable {
  public var values: AnyOutput
  public var indices: AnyOutput
  public var denseShape: AnyOutput?

  public init(values: AnyOutput, indices: AnyOutput, denseShape: AnyOutput? = nil) {
    self.values = values
    self.indices = indices
    self.denseShape = denseShape
  }
}

/// What a gradient rule works on: the forward operation and the gradients of its outputs.
public struct GradientContext {
  public let operation: Operation
  /// The gradient of each output; `nil` where none arrived.
  public let upstream: [Gradient?]
  /// Turns sparse gradients into dense ones, and missing ones into zeros.
  private let densify: (Gradient?, AnyOutput) throws -> AnyOutput
  /// Builds gradients in the graph of a function's body; rules of calls need it.
  private let differentiate: Differentiation?

  /// Gradients of `ys` with respect to `xs`, with what arrives at each of `ys`, in their graph, which is
  /// the body of `function`.
  public typealias Differentiation = (
    _ ys: [AnyOutput], _ xs: [AnyOutput], _ upstream: [AnyOutput?], _ function: String
  ) throws -> [Gradient?]

  public init(
    operation: Operation, upstream: [Gradient?],
    densify: @escaping (Gradient?, AnyOutput) throws -> AnyOutput,
    differentiate: Differentiation? = nil
  ) {
    self.operation = operation
    self.upstream = upstream
    self.densify = densify
    self.differentiate = differentiate
  }

  /// Gradients of `ys` with respect to `xs` in the graph they belong to, which is another one than the
  /// operation's: the body of a function.
  ///
  /// - Parameters:
  ///   - upstream: what arrives at each of `ys`; ones where `nil`.
  ///   - function: the function's name.
  /// - Throws: ``StatusError/Code/unimplemented`` if the function calls itself.
  public func gradients(
    of ys: [AnyOutput], withRespectTo xs: [AnyOutput], upstream: [AnyOutput?],
    inBodyOf function: String
  ) throws -> [Gradient?] {
    guard let differentiate else {
      throw StatusError.unimplemented("Gradients of function bodies can't be built here")
    }
    return try differentiate(ys, xs, upstream, function)
  }

  public var graph: Graph { operation.graph }
  public var attributes: Attributes { operation.attributes }
  public var inputs: [AnyOutput] { operation.inputs }
  public var outputs: [AnyOutput] { operation.outputs }

  /// Input `index` of the forward operation.
  public func input(_ index: Int) throws(StatusError) -> AnyOutput {
    let inputs = operation.inputs
    guard inputs.indices.contains(index) else {
      throw .internal("Gradient of \(operation.type): there is no input \(index)")
    }
    return inputs[index]
  }

  /// Output `index` of the forward operation.
  public func output(_ index: Int) throws(StatusError) -> AnyOutput {
    guard index >= 0, index < operation.outputCount else {
      throw .internal("Gradient of \(operation.type): there is no output \(index)")
    }
    return operation.output(index)
  }

  /// The gradient of output `index` as one dense tensor; zeros if none arrived.
  public func upstream(_ index: Int) throws -> AnyOutput {
    guard upstream.indices.contains(index) else {
      throw StatusError.internal("Gradient of \(operation.type): there is no output \(index)")
    }
    return try densify(upstream[index], operation.output(index))
  }
}
