import LoomCore
import LoomGraph

extension ShapeFunction {
  /// Input 0 without the dimensions named by input 1, or with ones in their place.
  static let reduction = ShapeFunction { context in
    let input = context.input(0)
    try context.requireRank(1, atMost: 1)
    let keepsDimensions = try context.attributes.bool("keep_dims")
    guard let sizes = input.sizes else { return }
    let rank = sizes.count
    guard let axes = try context.constant(1)?.integers() else {
      if keepsDimensions { context.setOutput(0, .unknown(rank: rank)) }
      return
    }
    var reduced = [Bool](repeating: false, count: rank)
    for axis in axes {
      guard axis >= -rank, axis < rank else {
        throw StatusError.invalidArgument(
          "Invalid reduction dimension \(axis) for input with \(rank) dimensions.")
      }
      reduced[axis < 0 ? axis + rank : axis] = true
    }
    var result: [Int?] = []
    for index in 0..<rank {
      if !reduced[index] {
        result.append(sizes[index])
      } else if keepsDimensions {
        result.append(1)
      }
    }
    context.setOutput(0, PartialShape(result))
  }
}
