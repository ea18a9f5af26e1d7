public import LoomCore
public import LoomGraph

/// Evaluates constant subgraphs for shape inference, with the kernels of the ops themselves.
public struct ConstantFolder: ConstantEvaluator {
  private let evaluator = KernelEvaluator()

  public init() {}

  public func evaluate(_ node: Node, inputs: [AnyTensor]) -> [AnyTensor]? {
    evaluator.evaluate(node, inputs: inputs)
  }
}
