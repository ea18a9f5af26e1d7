import LoomCore
import LoomGraph
import LoomOpsSupport

extension GradientContext {
  /// The gradient of a sum: the upstream gradient, repeated over what was summed.
  func sumGradient() throws -> AnyOutput {
    let x = try input(0)
    var gradient = try upstream(0)
    if let rank = x.shape.rank, let axes = constantIntegers(try input(1)),
      axes == Array(0..<rank)
    {
      gradient = try reshape(gradient, constant([Int](repeating: 1, count: rank)))
      return try tile(gradient, constantShape(x))
    }
    if try !attributes.bool("keep_dims") {
      gradient = try reshape(gradient, reducedShape(x, input(1)))
    }
    return try build("BroadcastTo", [gradient, constantShape(x)])
  }

  /// The gradient of a mean: that of the sum, divided by the number of elements.
  func meanGradient() throws -> AnyOutput {
    let gradient = try sumGradient()
    let x = try input(0)
    if let count = x.shape.elementCount, let results = try output(0).shape.elementCount {
      let factor = count / Swift.max(results, 1)
      return try div(gradient, constant(Double(factor), gradient.dtype))
    }
    let shape = try shape(x)
    let rank = try rank(x)
    let axes = try build("FloorMod", [add(cast(input(1), to: .int32), rank), rank])
    let sizes = try gather(shape, axes)
    let vector = try reshape(sizes, constant([-1]))
    return try div(gradient, cast(prod(vector, constant([0])), to: gradient.dtype))
  }

  /// The gradient of a maximum or minimum, shared evenly by the elements that attain it.
  func extremumGradient() throws -> AnyOutput {
    let x = try input(0)
    let axes = try input(1)
    let kept = try reducedShape(x, axes)
    let extremum = try reshape(output(0), kept)
    let gradient = try reshape(upstream(0), kept)
    let indicators = try cast(equal(extremum, x), to: gradient.dtype)
    let count = try reshape(sum(indicators, axes), kept)
    return try mul(div(indicators, count), gradient)
  }

  /// The gradient of a product. Dividing the product by each factor would fail at zeros, so what
  /// stands left and right of each factor is multiplied instead.
  func productGradient() throws -> AnyOutput {
    let x = try input(0)
    let shape = try shape(x)
    var gradient = try upstream(0)
    if try !attributes.bool("keep_dims") {
      gradient = try reshape(gradient, reducedShape(x, input(1)))
    }
    gradient = try build("BroadcastTo", [gradient, shape])
    // The reduced dimensions come first and become one.
    let rank = try rank(x)
    let axes = try cast(reshape(input(1), constant([-1])), to: .int32)
    let reduced = try build("FloorMod", [add(axes, rank), rank])
    let all = try range(scalar(0), rank, scalar(1))
    let other = try build("ListDiff", [all, reduced], ["out_idx": .type(.int32)])
    let order = try concat([reduced, other], axis: scalar(0))
    let reducedCount = try prod(gather(shape, reduced), constant([0]))
    let otherCount = try prod(gather(shape, other), constant([0]))
    let permuted = try transpose(x, order)
    let matrix = try reshape(permuted, pack([reducedCount, otherCount]))
    let left = try build("Cumprod", [matrix, scalar(0)], ["exclusive": true])
    let right = try build("Cumprod", [matrix, scalar(0)], ["exclusive": true, "reverse": true])
    let others = try reshape(
      mul(conjugate(left), conjugate(right)), self.shape(permuted))
    let back = try transpose(others, build("InvertPermutation", [order]))
    return try reshape(mul(gradient, back), shape)
  }
}
