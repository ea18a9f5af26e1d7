import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// An op on files or on bytes: nothing to differentiate, nothing to fold ahead of a run.
protocol FileOp: OpDeclaration {}

extension FileOp {
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false) }
}

extension KernelContext {
  /// The only text of input `index`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is not exactly one.
  func text(_ index: Int, named name: String) throws(StatusError) -> ByteString {
    let tensor = try input(index)
    guard tensor.elementCount == 1 else {
      throw .invalidArgument(
        "Input \(name) should have a single element, got \(tensor.elementCount) instead.")
    }
    return try tensor.element(0, of: ByteString.self)
  }

  /// The texts of vector input `index`.
  func texts(_ index: Int, named name: String) throws(StatusError) -> [ByteString] {
    let tensor = try input(index)
    guard tensor.shape.rank == 1 else {
      throw .invalidArgument("Input \(name) should be an 1-D tensor, got \(tensor.shape) instead.")
    }
    return try tensor.scalars(of: ByteString.self)
  }

  /// Sets output `index` to texts of the given shape.
  func setTexts(_ index: Int, _ texts: [ByteString], shape: Shape? = nil) throws(StatusError) {
    try setOutput(
      index,
      AnyTensor(texts, shape: shape ?? Shape(vector: texts.count), budget: budget))
  }
}
