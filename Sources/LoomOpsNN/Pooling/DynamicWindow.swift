import LoomCore
import LoomGraph
import LoomKernels

/// Infers the output of a pool whose window is held by inputs `first` (sizes) and `first + 1`
/// (strides).
func inferDynamicPool(
  _ context: ShapeContext, first: Int, op: String
) throws(StatusError) {
  let layout = try TensorLayout(context.attributes)
  let input = try context.requireRank(0, layout == .channelsFirstInFours ? 5 : 4)
  for index in [first, first + 1] {
    if let length = try context.requireRank(index, 1)[0], length != 4 {
      throw .invalidArgument("Dimension must be 4 but is \(length)")
    }
  }
  guard let sizes = context.constant(first), let strides = context.constant(first + 1) else {
    return
  }
  let window = try PoolWindow(
    context.attributes, op: op, sizes: sizes.integers(), strides: strides.integers())
  context.setOutput(0, try window.inferredShape(input, poolsChannels: true))
}

/// The window that inputs `first` and `first + 1` of a running kernel hold.
func dynamicWindow(
  _ context: borrowing KernelContext, _ attributes: Attributes, first: Int, op: String
) throws(StatusError) -> PoolWindow {
  let (sizes, strides) = (try context.input(first), try context.input(first + 1))
  guard sizes.elementCount == 4 else {
    throw .invalidArgument("Sliding window ksize field must specify 4 dimensions")
  }
  guard strides.elementCount == 4 else {
    throw .invalidArgument("Sliding window stride field must specify 4 dimensions")
  }
  return try PoolWindow(
    attributes, op: op, sizes: sizes.integers(), strides: strides.integers())
}
