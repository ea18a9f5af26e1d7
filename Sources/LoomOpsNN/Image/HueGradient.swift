import LoomCore
import LoomGraph
import LoomOpsSupport

/// The gradient of RGBToHSV, by TensorFlow's conventions where channels tie.
///
/// With the channels in cyclic order `x, y, z`, `v` the largest and `s` the saturation:
///
///     dv/dx = 1 where x is the largest
///     ds/dx = min / x²  where x is the largest, -1 / max where it is the smallest
///     dh/dx = 1/6 · (-(y - z) / (s v)²                  where x is the largest,
///                     (z - y) / (max - x)²               where x is the smallest,
///                     ∓ 1 / (y - z)                      where x lies between)
func hueGradient(_ context: GradientContext) throws -> [AnyOutput?] {
  let images = try context.input(0)
  let dtype = images.dtype.base
  let axis = try context.scalar(-1)
  let three: [String: AttributeValue] = ["num_split": 3]
  let channels = try context.buildAll("Split", [axis, images], three)
  let hsv = try context.buildAll("Split", [axis, context.output(0)], three)
  let upstream = try context.buildAll("Split", [axis, context.upstream(0)], three)
  let one = try context.constant(1, dtype)
  let zero = try context.constant(0, dtype)

  func both(_ a: AnyOutput, _ b: AnyOutput) throws -> AnyOutput {
    try context.cast(context.build("LogicalAnd", [a, b]), to: dtype)
  }
  func inverse(_ a: AnyOutput) throws -> AnyOutput { try context.build("DivNoNan", [one, a]) }
  func product(_ factors: AnyOutput...) throws -> AnyOutput {
    var result = factors[0]
    for factor in factors.dropFirst() { result = try context.mul(result, factor) }
    return result
  }

  let (r, g, b) = (channels[0], channels[1], channels[2])
  let largest = [
    try both(context.greaterEqual(r, b), context.greaterEqual(r, g)),
    try both(context.greater(g, r), context.greaterEqual(g, b)),
    try both(context.greater(b, r), context.greater(b, g)),
  ]
  let smallest = [
    try both(context.less(r, b), context.less(r, g)),
    try both(context.lessEqual(g, r), context.less(g, b)),
    try both(context.lessEqual(b, r), context.lessEqual(b, g)),
  ]
  var positive: [AnyOutput] = []
  for channel in channels {
    positive.append(try context.cast(context.greater(channel, zero), to: dtype))
  }
  let sixth = try context.constant(1.0 / 6, dtype)
  let spread = try product(inverse(context.square(hsv[1])), inverse(context.square(hsv[2])))

  var gradients: [AnyOutput] = []
  for index in 0..<3 {
    let (next, last) = ((index + 1) % 3, (index + 2) % 3)
    let (x, y, z) = (channels[index], channels[next], channels[last])
    let lowest = try context.add(product(smallest[next], y), product(smallest[last], z))
    let highest = try context.add(product(largest[next], y), product(largest[last], z))
    let saturation = try context.mul(
      positive[index],
      context.sub(
        product(largest[index], lowest, inverse(context.square(x))),
        product(smallest[index], inverse(highest))))

    let whenLargest = try product(
      positive[index], largest[index], context.sub(y, z), spread)
    let fromNext = try context.sub(
      product(
        smallest[index], context.sub(z, y), inverse(context.square(context.sub(x, y)))),
      product(smallest[last], inverse(context.sub(y, z))))
    let fromLast = try context.add(
      product(
        smallest[index], context.sub(z, y), inverse(context.square(context.sub(z, x)))),
      product(smallest[next], inverse(context.sub(z, y))))
    let hue = try context.sub(
      context.add(
        product(positive[next], largest[next], fromNext),
        product(positive[last], largest[last], fromLast)), whenLargest)

    gradients.append(
      try context.add(
        context.add(
          product(upstream[2], largest[index]), product(upstream[1], saturation)),
        product(upstream[0], hue, sixth)))
  }
  return [try context.concat(gradients, axis: axis)]
}
