import LoomCore
import LoomGraph
import LoomOpsSupport

/// The gradient of an einsum, which is made of einsums: the gradient with respect to one operand is the
/// upstream gradient times the other operand, with the subscripts exchanged.
struct EinsumGradient {
  let context: GradientContext
  let inputSubscripts: [String]
  let outputSubscripts: String

  init(_ context: GradientContext) throws {
    self.context = context
    let equation = try EinsumEquation(context.attributes.string("equation"))
    inputSubscripts = equation.inputs.map { String($0) }
    outputSubscripts = String(equation.output)
  }

  func inputs() throws -> [AnyOutput?] {
    let upstream = try context.upstream(0)
    if inputSubscripts.count == 1 {
      let x = try context.input(0)
      let reduced = labels(of: inputSubscripts[0], missingIn: outputSubscripts)
      if reduced.isEmpty {
        return [try einsum([upstream], [outputSubscripts], inputSubscripts[0])]
      }
      return [
        try spread(upstream, outputSubscripts, inputSubscripts[0], context.shape(x), reduced)
      ]
    }
    var (subscriptsX, subscriptsY) = (inputSubscripts[0], inputSubscripts[1])
    let broadcasts = outputSubscripts.contains("...")
    if broadcasts {
      // A missing ellipsis is an empty one.
      if !subscriptsX.contains("...") { subscriptsX += "..." }
      if !subscriptsY.contains("...") { subscriptsY += "..." }
    }
    let x = try context.conjugate(context.input(0))
    let y = try context.conjugate(context.input(1))
    let (shapeX, shapeY) = (try context.shape(x), try context.shape(y))
    let gradientX = try gradient(upstream, y, shapeX, subscriptsX, subscriptsY)
    let gradientY = try gradient(upstream, x, shapeY, subscriptsY, subscriptsX)
    guard broadcasts else { return [gradientX, gradientY] }
    let (startX, endX) = hiddenRange(subscriptsX)
    let (startY, endY) = hiddenRange(subscriptsY)
    if let sizesX = x.shape.fullyDefined?.sizes, let sizesY = y.shape.fullyDefined?.sizes,
      sizesX[startX..<(sizesX.count - endX)] == sizesY[startY..<(sizesY.count - endY)]
    {
      return [gradientX, gradientY]
    }
    let axes = try context.buildAll(
      "BroadcastGradientArgs",
      [part(of: shapeX, startX, endX), part(of: shapeY, startY, endY)])
    guard axes.count == 2 else { throw StatusError.internal("Expected two lists of axes") }
    let axesX = try context.add(axes[0], context.scalar(startX))
    let axesY = try context.add(axes[1], context.scalar(startY))
    return [
      try context.reshape(context.sum(gradientX, axesX), shapeX),
      try context.reshape(context.sum(gradientY, axesY), shapeY),
    ]
  }

  private func einsum(
    _ operands: [AnyOutput], _ subscripts: [String], _ output: String
  ) throws -> AnyOutput {
    let equation = subscripts.joined(separator: ",") + "->" + output
    return try context.build(
      "Einsum", operands,
      ["equation": .string(ByteString(equation)), "N": .int(Int64(operands.count))])
  }

  /// Letters of one list of subscripts that another lacks, each once.
  private func labels(of subscripts: String, missingIn other: String) -> [Character] {
    var result: [Character] = []
    for label in subscripts where label != "." && !other.contains(label) {
      if !result.contains(label) { result.append(label) }
    }
    return result
  }

  /// Dimensions in front of and behind the ellipsis.
  private func hiddenRange(_ subscripts: String) -> (Int, Int) {
    let characters = Array(subscripts)
    guard let start = characters.firstIndex(of: ".") else { return (0, characters.count) }
    return (start, characters.count - start - 3)
  }

  /// The elements of a shape between `start` and `end` from its end.
  private func part(of shape: AnyOutput, _ start: Int, _ end: Int) throws -> AnyOutput {
    try context.build(
      "StridedSlice",
      [
        shape, context.constant([start]), context.constant([-end]), context.constant([1]),
      ], ["end_mask": end == 0 ? 1 : 0])
  }

  /// The gradient with respect to one operand, before broadcasting is undone.
  private func gradient(
    _ upstream: AnyOutput, _ other: AnyOutput, _ shape: AnyOutput, _ subscripts: String,
    _ otherSubscripts: String
  ) throws -> AnyOutput {
    let reduced = labels(of: subscripts, missingIn: outputSubscripts + otherSubscripts)
    let left = String(subscripts.filter { !reduced.contains($0) })
    let result = try einsum([upstream, other], [outputSubscripts, otherSubscripts], left)
    if reduced.isEmpty { return result }
    return try spread(result, left, subscripts, shape, reduced)
  }

  /// The gradient of a sum over the labels `reduced`: repeated along them.
  private func spread(
    _ gradient: AnyOutput, _ from: String, _ to: String, _ shape: AnyOutput,
    _ reduced: [Character]
  ) throws -> AnyOutput {
    let axes = reduced.compactMap { axis(of: $0, in: to) }
    let hasRepeats = Set(to).count + Set(from).count < to.count + from.count
    let axisTensor = try context.constant(axes)
    if !hasRepeats || onlyDotsRepeat(to, from), String(to.filter { !reduced.contains($0) }) == from
    {
      // Reshape to ones along the summed dimensions, then repeat.
      let ones = try context.fill(context.constant([axes.count]), context.scalar(1))
      let rank = try context.size(shape)
      let positive = try context.build("FloorMod", [context.add(axisTensor, rank), rank])
      let all = try context.range(context.scalar(0), rank, context.scalar(1))
      let kept = try context.build("DynamicStitch", [all, positive, shape, ones])
      return try context.build("BroadcastTo", [context.reshape(gradient, kept), shape])
    }
    // Otherwise put the summed dimensions in front, and let an einsum transpose or fill diagonals.
    let rank = try context.size(shape)
    let positive = try context.build("FloorMod", [context.add(axisTensor, rank), rank])
    let sizes = try context.gather(shape, positive)
    let gradientShape = try context.shape(gradient)
    let ones = try context.constant([Int](repeating: 1, count: axes.count))
    let zero = try context.scalar(0)
    let wide = try context.build(
      "BroadcastTo",
      [
        context.reshape(gradient, context.concat([ones, gradientShape], axis: zero)),
        context.concat([sizes, gradientShape], axis: zero),
      ])
    return try einsum([wide], [String(reduced) + from], to)
  }

  /// The dots of an ellipsis are no repeated label.
  private func onlyDotsRepeat(_ a: String, _ b: String) -> Bool {
    let (a, b) = (a.filter { $0 != "." }, b.filter { $0 != "." })
    return Set(a).count + Set(b).count == a.count + b.count
  }

  /// The dimension of a label: from the front, or negative behind an ellipsis.
  private func axis(of label: Character, in subscripts: String) -> Int? {
    let characters = Array(subscripts)
    guard let index = characters.firstIndex(of: label) else { return nil }
    guard let dots = characters.firstIndex(of: "."), dots < index else { return index }
    return index - characters.count
  }
}
