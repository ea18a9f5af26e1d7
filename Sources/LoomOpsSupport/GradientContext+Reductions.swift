package import LoomCore
package import LoomGraph

// What gradients of reductions and products need to know of shapes.
extension GradientContext {
  /// The elements of an integer constant; `nil` for anything else.
  package func constantIntegers(_ output: AnyOutput) -> [Int]? {
    guard output.operation.type == "Const",
      let value = try? output.operation.attributes.tensor("value")
    else { return nil }
    // A constant of another dtype is no list of integers.
    return try? value.integers()
  }

  /// The shape of `x` as a constant where it is fully known, as an op otherwise.
  package func constantShape(_ x: AnyOutput) throws(StatusError) -> AnyOutput {
    if let known = x.shape.fullyDefined { return try constant(known.sizes) }
    return try shape(x)
  }

  /// The shape of `x` with ones in the dimensions named by `axes`.
  package func reducedShape(_ x: AnyOutput, _ axes: AnyOutput) throws(StatusError) -> AnyOutput {
    if let known = x.shape.fullyDefined, let axes = constantIntegers(axes),
      axes.allSatisfy({ $0 >= -known.rank && $0 < known.rank })
    {
      var sizes = known.sizes
      for axis in axes { sizes[axis < 0 ? axis + known.rank : axis] = 1 }
      return try constant(sizes)
    }
    let shape = try shape(x)
    let rank = try rank(x)
    let narrow = try cast(axes, to: .int32)
    let vector = try reshape(narrow, constant([-1]))
    let positive = try build("FloorMod", [add(vector, rank), rank])
    let ones = try fill(self.shape(positive), scalar(1))
    let all = try range(scalar(0), rank, scalar(1))
    return try build("DynamicStitch", [all, positive, shape, ones], ["N": 2])
  }
}
