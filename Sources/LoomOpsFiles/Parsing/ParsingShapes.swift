import LoomCore
import LoomGraph

/// The shapes of parsed features, output after output.
struct ParsedShapes {
  let context: ShapeContext
  private var output = 0

  init(_ context: ShapeContext) { self.context = context }

  private mutating func add(_ shape: PartialShape) {
    context.setOutput(output, shape)
    output += 1
  }

  /// Indices, values and shapes of sparse tensors, `delta` dimensions more than `prefix`.
  mutating func addSparse(_ count: Int, prefix: PartialShape, delta: Int) {
    let rank = prefix.rank.map { $0 + delta }
    for _ in 0..<count { add([nil, rank]) }
    for _ in 0..<count { add([nil]) }
    for _ in 0..<count { add([rank]) }
  }

  mutating func addDense(_ shapes: [PartialShape], prefix: PartialShape) {
    for shape in shapes { add(prefix.concatenated(with: shape)) }
  }

  /// Values, splits of steps if there are steps, and splits of `examples`.
  mutating func addRagged(_ count: Int, examples: Int?, hasSteps: Bool = false) {
    for _ in 0..<count { add([nil]) }
    let splits: PartialShape = [examples.flatMap { Checked.add($0, 1) }]
    for _ in 0..<count { add(splits) }
    if hasSteps { for _ in 0..<count { add([nil]) } }
  }

  mutating func addLengths(_ count: Int, _ prefix: PartialShape) {
    for _ in 0..<count { add(prefix) }
  }
}
