import LoomCore
import LoomGraph

/// Where the body of a function comes from: the library, or an op that derives it.
enum FunctionSource {
  case library(FunctionDefinition)
  case derived(any DerivedFunction.Type)

  /// `nil` if the graph knows no function of that name.
  init?(_ reference: FunctionReference, in graph: Graph) {
    if let definition = graph.library[reference.name] {
      self = .library(definition)
    } else if let op = graph.registry[reference.name] as? any DerivedFunction.Type {
      self = .derived(op)
    } else {
      return nil
    }
  }

  var inputs: [OpSignature.Argument] {
    switch self {
    case .library(let definition): definition.inputs
    case .derived(let op): op.signature.inputs
    }
  }

  var outputs: [OpSignature.Argument] {
    switch self {
    case .library(let definition): definition.outputs
    case .derived(let op): op.signature.outputs
    }
  }

  /// The body as a graph that has the ops and functions of `graph`.
  func body(
    _ reference: FunctionReference, in graph: Graph
  ) throws(StatusError) -> FunctionGraph {
    switch self {
    case .library(let definition):
      try FunctionGraph(definition, attributes: reference.attributes, in: graph)
    case .derived(let op): try op.body(Attributes(reference.attributes), in: graph)
    }
  }
}

extension FunctionReference {
  /// This function and those that it gets as attributes.
  var functionNames: [String] {
    [name]
      + attributes.values.flatMap { value -> [String] in
        if case .function(let function) = value { [function.name] } else { [] }
      }
  }
}
