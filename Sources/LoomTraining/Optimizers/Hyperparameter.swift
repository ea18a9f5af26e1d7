public import LoomCore
public import LoomGraph

/// A number an optimizer is set by: given, or computed in the graph (a decaying rate).
public enum Hyperparameter: Sendable {
  case constant(Double)
  case tensor(AnyOutput)

  public init<Scalar: FloatingScalar>(_ output: Output<Scalar>) { self = .tensor(output.erased) }

  func output(in graph: Graph, name: String) throws(StatusError) -> AnyOutput {
    switch self {
    case .constant(let value): try graph.constantScalar(value, .float, name: name)
    case .tensor(let output): output
    }
  }
}

extension Hyperparameter: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .constant(value) }
  public init(integerLiteral value: Int) { self = .constant(Double(value)) }
}

/// An optimizer's numbers as tensors, by name.
public struct Hyperparameters: Sendable {
  private var tensors: [String: AnyOutput] = [:]

  /// The numbers as tensors of their names, in order.
  init(_ values: [(name: String, value: Hyperparameter)], in graph: Graph) throws(StatusError) {
    for (name, value) in values { tensors[name] = try value.output(in: graph, name: name) }
  }

  /// The tensor of that name in a variable's dtype.
  func callAsFunction(_ name: String, as dtype: DType) throws(StatusError) -> AnyOutput {
    guard let tensor = tensors[name] else {
      throw .internal("The optimizer has no number '\(name)'")
    }
    return tensor.dtype.base == dtype
      ? tensor : try tensor.graph.build("Cast", [tensor], ["DstT": .type(dtype)])
  }
}
