import LoomCore
import LoomGraph

/// Infers the output shape of Conv2D and Conv3D.
func inferConvolution(
  _ context: ShapeContext, op: String, space: Int
) throws(StatusError) {
  let rank = space + 2
  let input = try context.requireRank(0, rank)
  let filter = try context.requireRank(1, rank)
  let window = try WindowParameters(context.attributes, op: op, space: space)
  let channel = window.layout.channel(rank: rank)
  try checkGroups(input: input[channel], filter: filter[space], output: filter[space + 1])
  var sizes = [Int?](repeating: nil, count: rank)
  sizes[0] = input[0]
  sizes[channel] = filter[space + 1]
  for index in 0..<space {
    sizes[window.layout.spatial(index)] = try window.inferredSize(
      index, input: input[window.layout.spatial(index)], kernel: filter[index])
  }
  context.setOutput(0, PartialShape(sizes))
}

/// The channels of input, filter and output must fit; unknown ones do.
private func checkGroups(input: Int?, filter: Int?, output: Int?) throws(StatusError) {
  guard let input, let filter else { return }
  guard filter > 0 else { throw .invalidArgument("Depth of filter must not be 0") }
  guard input % filter == 0 else {
    throw .invalidArgument(
      "Depth of input (\(input)) is not a multiple of input depth of filter (\(filter))")
  }
  guard input != filter else { return }
  let groups = input / filter
  guard groups > 0 else {
    throw .invalidArgument("Number of groups must be positive, got depth of input 0")
  }
  if let output, output % groups != 0 {
    throw .invalidArgument(
      "Depth of output (\(output)) is not a multiple of the number of groups (\(groups))")
  }
}

/// Infers the output shape of DepthwiseConv2dNative.
func inferDepthwiseConvolution(_ context: ShapeContext) throws(StatusError) {
  let input = try context.requireRank(0, 4)
  let filter = try context.requireRank(1, 4)
  let window = try WindowParameters(context.attributes, op: "DepthwiseConv2D", space: 2)
  let channel = window.layout.channel(rank: 4)
  let inputDepth = try ShapeContext.merge(input[channel], filter[2])
  var sizes = [Int?](repeating: nil, count: 4)
  sizes[0] = input[0]
  sizes[channel] = try productSize(inputDepth, filter[3])
  for index in 0..<2 {
    sizes[window.layout.spatial(index)] = try window.inferredSize(
      index, input: input[window.layout.spatial(index)], kernel: filter[index])
  }
  context.setOutput(0, PartialShape(sizes))
}

/// The product of two sizes; a known zero or one decides alone.
func productSize(_ a: Int?, _ b: Int?) throws(StatusError) -> Int? {
  if a == 0 || b == 0 { return 0 }
  if a == 1 { return b }
  if b == 1 { return a }
  guard let a, let b else { return nil }
  guard let product = Checked.multiply(a, b) else {
    throw .invalidArgument("Dimension size overflows: \(a) * \(b)")
  }
  return product
}

/// The output has the shape that input `index` holds, of `rank` dimensions.
func inferFromSizes(
  _ context: ShapeContext, _ index: Int, rank: Int
) throws(StatusError) {
  let sizes = try context.shapeValue(index)
  if let actual = sizes.rank, actual != rank {
    throw .invalidArgument("Shape must be rank \(rank) but is rank \(actual)")
  }
  context.setOutput(0, sizes.rank == nil ? .unknown(rank: rank) : sizes)
}

/// Infers the output shape of Conv2DBackpropInput, whose sizes may leave out batch and channels.
func inferConv2DBackpropInput(_ context: ShapeContext) throws(StatusError) {
  let upstream = try context.requireRank(2, 4)
  let filter = try context.requireRank(1, 4)
  let layout = try TensorLayout(context.attributes)
  let channel = layout.channel(rank: 4)
  _ = try ShapeContext.merge(upstream[channel], filter[3])
  let given = try context.shapeValue(0)
  var sizes = [Int?](repeating: nil, count: 4)
  switch given.rank {
  case nil, 4:
    if given.rank != nil { _ = try ShapeContext.merge(given[0], upstream[0]) }
    for index in 0..<4 { sizes[index] = given[index] }
  case 2:
    for index in 0..<2 { sizes[layout.spatial(index)] = given[index] }
    sizes[channel] = filter[2]
  case let rank?:
    throw .invalidArgument(
      "Conv2DBackpropInput requires input_sizes to contain 4 values or 2 values, but got: \(rank)")
  }
  sizes[0] = upstream[0]
  context.setOutput(0, PartialShape(sizes))
}
