import LoomCore
import LoomGraph
import LoomOpsSupport

// What gradients of lists are made of.
extension GradientContext {
  /// What is known of the shape of a list's elements, as a tensor.
  func elementShape(of list: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("TensorListElementShape", [list], ["shape_type": .type(.int32)])
  }

  func length(of list: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("TensorListLength", [list])
  }

  /// A list of unset elements, as long and of the same kind as `list`.
  func reserved(like list: AnyOutput, _ dtype: DType) throws(StatusError) -> AnyOutput {
    try build(
      "TensorListReserve", [elementShape(of: list), length(of: list)],
      ["element_dtype": .type(dtype)])
  }

  /// The shape of `tensor` without its first dimension.
  func rowShape(of tensor: AnyOutput) throws(StatusError) -> AnyOutput {
    try slice(shape(tensor), begin: constant([1]), size: constant([-1]))
  }
}
