package import LoomCore

/// An op that is a function at the same time: one that is derived from the library when it is called, as
/// the gradient of a function is. Kernels instantiate it by the op's name.
package protocol DerivedFunction: OpDefinition {
  /// The body for the given attributes; arguments and results are those of the op's signature.
  ///
  /// - Parameter graph: has the library and the ops.
  static func body(_ attributes: Attributes, in graph: Graph) throws(StatusError) -> FunctionGraph
}
