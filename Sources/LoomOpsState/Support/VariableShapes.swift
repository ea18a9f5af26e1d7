import LoomCore
import LoomGraph

extension ShapeContext {
  /// What is known of the variable at input `index`: a reference edge or a resource handle.
  func variableShape(_ index: Int) -> PartialShape {
    guard inputTypes.indices.contains(index) else { return .unknown }
    return inputTypes[index].isReference ? input(index) : handle(index)?.first?.shape ?? .unknown
  }

  /// Refuses to treat a resource variable as one of another dtype.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the handle is known to be of another dtype.
  func checkHandle(_ index: Int, is dtype: DType) throws(StatusError) {
    guard let actual = handle(index)?.first?.dtype, actual != dtype else { return }
    throw .invalidArgument(
      "Trying to read variable with wrong dtype. Expected \(actual) got \(dtype)")
  }
}
