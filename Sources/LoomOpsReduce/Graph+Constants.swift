import LoomCore
import LoomGraph

// Integer constants that builders hand to their ops: axes, sizes, shapes.
extension Graph {
  func integerConstant(_ value: Int, name: String? = nil) throws(StatusError) -> AnyOutput {
    guard let narrow = Int32(exactly: value) else {
      throw .invalidArgument("Expected a 32-bit integer, got \(value)")
    }
    return try constantTensor(AnyTensor(scalar: narrow), name: name)
  }

  func integerConstant(_ values: [Int], name: String? = nil) throws(StatusError) -> AnyOutput {
    let narrow = values.compactMap { Int32(exactly: $0) }
    guard narrow.count == values.count else {
      throw .invalidArgument("Expected 32-bit integers, got \(values)")
    }
    return try constantTensor(
      AnyTensor(narrow, shape: Shape(vector: narrow.count)), name: name)
  }

  func constantTensor(_ value: AnyTensor, name: String? = nil) throws(StatusError) -> AnyOutput {
    try addOperation(
      "Const", attributes: ["value": .tensor(value), "dtype": .type(value.dtype)], name: name
    ).output(0)
  }
}
