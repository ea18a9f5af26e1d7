import LoomCore
import LoomGraph

extension [AnyOutput] {
  /// The outputs as tensors of Swift types, in order.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if a dtype differs.
  func typed<each Scalar: TensorScalar>() throws(StatusError) -> (repeat Output<each Scalar>) {
    var rest = self[...]
    do {
      return (repeat try Self.next((each Scalar).self, &rest))
    } catch {
      // A pack's expansion loses the type of what it throws.
      throw StatusError.wrapping(error)
    }
  }

  private static func next<Scalar: TensorScalar>(
    _ type: Scalar.Type, _ outputs: inout ArraySlice<AnyOutput>
  ) throws -> Output<Scalar> {
    guard let output = outputs.popFirst() else {
      throw StatusError.internal("There are fewer outputs than types")
    }
    return try Output(output)
  }
}
