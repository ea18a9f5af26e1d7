import Testing
import Weirloom

/// An op that moves elements of one tensor, and the tensor it is tried on.
struct MovingCase: Sendable, CustomTestStringConvertible {
  let name: String
  let sizes: [Int]
  let build: @Sendable (AnyOutput) throws -> AnyOutput

  init(
    _ name: String, _ sizes: [Int], _ build: @escaping @Sendable (AnyOutput) throws -> AnyOutput
  ) {
    self.name = name
    self.sizes = sizes
    self.build = build
  }

  var testDescription: String { name }

  static func ints(_ graph: Graph, _ values: [Int], _ sizes: [Int]? = nil) throws -> AnyOutput {
    try graph.constant(values.map { Int32($0) }, shape: sizes).erased
  }

  static func add(
    _ op: String, _ inputs: [AnyOutput], _ attributes: [String: AttributeValue] = [:]
  ) throws -> AnyOutput {
    try inputs[0].graph.addOperation(op, inputs: inputs, attributes: attributes).output(0)
  }

  /// An op on the tensor and constant integer inputs.
  static func op(
    _ op: String, _ sizes: [Int], _ inputs: [([Int], [Int]?)] = [],
    _ attributes: [String: AttributeValue] = [:], note: String = ""
  ) -> MovingCase {
    MovingCase(note.isEmpty ? op : "\(op), \(note)", sizes) { x in
      try add(op, [x] + inputs.map { try ints(x.graph, $0.0, $0.1) }, attributes)
    }
  }

  static let all: [MovingCase] = shapes + slices + fills + rows + blocks

  private static let shapes: [MovingCase] = [
    .op("Reshape", [2, 3], [([3, -1], nil)]), .op("Squeeze", [1, 2, 1]),
    .op("ExpandDims", [2, 3], [([-1], [])]), .op("Identity", [2]),
    .op("EnsureShape", [2, 3], [], ["shape": .shape([2, nil])]),
    .op("Transpose", [2, 3, 4], [([2, 0, 1], nil)]),
    MovingCase("Pack", [2, 3]) { x in try add("Pack", [x, x, x], ["axis": 1]) },
    MovingCase("Unpack", [2, 3]) { x in
      try x.graph.addOperation("Unpack", inputs: [x], attributes: ["num": 3, "axis": 1]).output(1)
    },
    MovingCase("ConcatV2", [2, 3]) { x in
      try add("ConcatV2", [x, x, ints(x.graph, [-1], [])], ["N": 2])
    },
    MovingCase("Concat", [2, 3]) { x in
      try add("Concat", [ints(x.graph, [0], []), x, x], ["N": 2])
    },
    MovingCase("Split", [4, 2]) { x in
      let axis = try ints(x.graph, [0], [])
      return try x.graph.addOperation(
        "Split", inputs: [axis, x], attributes: ["num_split": 2]
      ).output(1)
    },
    MovingCase("SplitV", [2, 5]) { x in
      try x.graph.addOperation(
        "SplitV", inputs: [x, ints(x.graph, [2, -1]), ints(x.graph, [1], [])],
        attributes: ["num_split": 2]
      ).output(1)
    },
    .op("ReverseV2", [2, 3, 2], [([0, -1], nil)]),
    .op("ReverseSequence", [2, 4], [([3, 1], nil)], ["seq_dim": 1, "Tlen": .type(.int32)]),
    .op("Roll", [3, 4], [([1, -2], nil), ([0, 1], nil)]),
  ]

  private static let slices: [MovingCase] = [
    .op("Slice", [3, 4], [([1, 0], nil), ([2, -1], nil)]),
    .op("StridedSlice", [4, 5], [([0, 4], nil), ([4, 0], nil), ([2, -2], nil)]),
    .op(
      "StridedSlice", [4, 5], [([1, 0, 2], nil), ([2, 1, 4], nil), ([1, 1, 1], nil)],
      ["shrink_axis_mask": 1, "new_axis_mask": 2], note: "shrinking and adding axes"),
    .op(
      "StridedSlice", [2, 3, 4], [([0, 1], nil), ([0, 2], nil), ([1, 1], nil)],
      ["ellipsis_mask": 1, "shrink_axis_mask": 2], note: "an ellipsis"),
    MovingCase("TensorStridedSliceUpdate", [4, 5]) { x in
      let value = try x.graph.constant([1.0, 2, 3], shape: [3, 1]).erased
      return try add(
        "TensorStridedSliceUpdate",
        [
          x, ints(x.graph, [0, 1]), ints(x.graph, [3, 5]), ints(x.graph, [1, 2]), value,
        ])
    },
    MovingCase("TensorStridedSliceUpdate, the value", [3, 1]) { x in
      let whole = try x.graph.constant([Double](repeating: 7, count: 20), shape: [4, 5]).erased
      return try add(
        "TensorStridedSliceUpdate",
        [whole, ints(x.graph, [0, 1]), ints(x.graph, [3, 5]), ints(x.graph, [1, 2]), x])
    },
  ]

  private static let fills: [MovingCase] = [
    .op("Pad", [2, 3], [([1, 0, 2, 1], [2, 2])]),
    .op("MirrorPad", [3, 4], [([2, 1, 0, 3], [2, 2])], ["mode": "REFLECT"]),
    .op("MirrorPad", [3, 2], [([3, 1, 2, 2], [2, 2])], ["mode": "SYMMETRIC"], note: "symmetric"),
    .op("MirrorPadGrad", [5, 6], [([1, 1, 0, 2], [2, 2])], ["mode": "REFLECT"]),
    .op("Tile", [2, 3], [([2, 3], nil)]), .op("BroadcastTo", [3, 1], [([2, 3, 4], nil)]),
    MovingCase("Fill", []) { x in try add("Fill", [ints(x.graph, [2, 3]), x]) },
  ]

  private static let rows: [MovingCase] = [
    .op("Gather", [3, 2], [([2, 0, 2], nil)]),
    .op("GatherV2", [3, 4], [([1, 1, 0, 3], [2, 2]), ([1], [])], note: "axis 1"),
    .op("GatherV2", [3, 4, 2], [([1, 0], nil), ([-2], [])], note: "axis -2"),
    .op(
      "GatherV2", [2, 3, 4], [([0, 2, 2, 1], [2, 2]), ([1], [])], ["batch_dims": 1],
      note: "one batch dimension"),
    .op(
      "GatherV2", [2, 2, 3, 2], [([0, 1, 2, 0, 1, 1, 2, 2], [2, 2, 2]), ([2], [])],
      ["batch_dims": 2], note: "two batch dimensions"),
    .op("GatherNd", [3, 4], [([2, 1, 0, 3, 2, 1], [3, 2])]),
    .op("GatherNd", [3, 4], [([2, 0], [2, 1])], note: "rows"),
    MovingCase("ScatterNd", [2, 3]) { x in
      try add("ScatterNd", [ints(x.graph, [1, 1], [2, 1]), x, ints(x.graph, [4, 3])])
    },
    scatter("TensorScatterUpdate"), scatter("TensorScatterAdd"), scatter("TensorScatterSub"),
    scatter("TensorScatterMax"), scatter("TensorScatterMin"), scatter("ScatterNdNonAliasingAdd"),
    MovingCase("DynamicPartition", [4, 2]) { x in
      try x.graph.addOperation(
        "DynamicPartition", inputs: [x, ints(x.graph, [1, 0, 1, 1])],
        attributes: ["num_partitions": 2]
      ).output(1)
    },
    MovingCase("DynamicStitch", [2, 3]) { x in
      try add("DynamicStitch", [ints(x.graph, [3, 0]), ints(x.graph, [1, 2]), x, x], ["N": 2])
    },
  ]

  private static func scatter(_ op: String) -> MovingCase {
    MovingCase(op, [4, 2]) { x in
      let updates = try x.graph.constant([0.3, 10, -10, 0.2], shape: [2, 2]).erased
      return try add(op, [x, ints(x.graph, [2, 0], [2, 1]), updates])
    }
  }

  private static let blocks: [MovingCase] = [
    .op("SpaceToBatchND", [1, 3, 4, 2], [([2, 2], nil), ([1, 0, 0, 2], [2, 2])]),
    .op("BatchToSpaceND", [4, 2, 2, 1], [([2, 2], nil), ([1, 0, 0, 1], [2, 2])]),
    .op("SpaceToBatch", [1, 4, 4, 1], [([0, 0, 0, 0], [2, 2])], ["block_size": 2]),
    .op("BatchToSpace", [4, 2, 1, 1], [([0, 0, 0, 0], [2, 2])], ["block_size": 2]),
    .op("SpaceToDepth", [1, 4, 2, 3], [], ["block_size": 2]),
    .op("DepthToSpace", [1, 2, 1, 8], [], ["block_size": 2]),
    MovingCase("MatrixDiagV3", [2, 3]) { x in
      try add(
        "MatrixDiagV3",
        [
          x, ints(x.graph, [0, 1]), ints(x.graph, [-1], []), ints(x.graph, [-1], []),
          x.graph.constant(0.0).erased,
        ])
    },
    MovingCase("MatrixDiagPartV3", [2, 3, 4]) { x in
      try add("MatrixDiagPartV3", [x, ints(x.graph, [-1, 2]), x.graph.constant(0.0).erased])
    },
    MovingCase("MatrixSetDiagV3", [3, 4]) { x in
      let diagonals = try x.graph.constant([0.0, 1, 2, 3, 4, 5], shape: [2, 3]).erased
      return try add("MatrixSetDiagV3", [x, diagonals, ints(x.graph, [0, 1])])
    },
    .op("MatrixDiag", [2, 3]), .op("MatrixDiagPart", [2, 3, 2]), .op("Diag", [2, 2]),
    .op("DiagPart", [2, 3, 2, 3]),
    MovingCase("MatrixBandPart", [3, 4]) { x in
      try add("MatrixBandPart", [x, ints(x.graph, [1], []), ints(x.graph, [0], [])])
    },
    .op(
      "ExtractImagePatches", [1, 4, 5, 2], [],
      [
        "ksizes": .ints([1, 2, 3, 1]), "strides": .ints([1, 1, 2, 1]),
        "rates": .ints([1, 2, 1, 1]),
        "padding": "SAME",
      ]),
    .op(
      "ExtractVolumePatches", [1, 2, 3, 3, 1], [],
      [
        "ksizes": .ints([1, 2, 2, 1, 1]), "strides": .ints([1, 1, 1, 2, 1]), "padding": "VALID",
      ]),
  ]
}

@Suite struct ArrayGradientTests {
  /// Elements that differ, so that extremes have no ties.
  private func values(_ count: Int) -> [Double] {
    (0..<count).map { Double(($0 * 37 + 11) % 101) / 16 - 3 }
  }

  private func check(_ moving: MovingCase, shape: PartialShape) throws {
    let graph = Graph()
    let x = try graph.placeholder(Double.self, shape: shape)
    let moved = try moving.build(x.erased)
    let session = try Session(graph: graph)
    defer { session.close() }
    let size = moving.sizes.reduce(1, *)
    let input = try Tensor(values(size), shape: moving.sizes)
    let result = try session.run(moved, feeding: x.feed(input))
    // The sum of the elements, each with a weight of its own, shows where each of them comes from.
    let weights = try graph.constant(
      (0..<result.elementCount).map { Double($0 % 23) - 7.5 }, shape: result.shape.sizes)
    let derivative = try gradients(
      of: [moved], withRespectTo: [x.erased], upstream: [weights.erased])[0]
    let found: [Double]
    switch try #require(derivative) {
    case .dense(let output):
      found = try session.run(output, feeding: x.feed(input)).scalars(of: Double.self)
    case .slices(let slices):
      let shape = try #require(slices.denseShape)
      let rows = try graph.addOperation(
        "StridedSlice",
        inputs: [
          shape, graph.constant([Int32(0)]).erased, graph.constant([Int32(1)]).erased,
          graph.constant([Int32(1)]).erased,
        ], attributes: ["shrink_axis_mask": 1]
      ).output(0)
      let dense = try graph.addOperation(
        "UnsortedSegmentSum", inputs: [slices.values, slices.indices, rows]
      ).output(0)
      found = try session.run(dense, feeding: x.feed(input)).scalars(of: Double.self)
    }
    let total = try graph.addOperation("Mul", inputs: [moved, weights.erased]).output(0)
    func sum(_ values: [Double]) throws -> Double {
      let fed = try Tensor(values, shape: moving.sizes)
      return try session.run(total, feeding: x.feed(fed)).scalars(of: Double.self).reduce(0, +)
    }
    let step = 1.0 / 1024
    for index in 0..<size {
      var (above, below) = (values(size), values(size))
      above[index] += step
      below[index] -= step
      let expected = try (sum(above) - sum(below)) / (2 * step)
      #expect(abs(found[index] - expected) < 1e-6, "element \(index)")
    }
  }

  @Test(arguments: MovingCase.all)
  func `the gradient says where each element went`(_ moving: MovingCase) throws {
    try check(moving, shape: PartialShape(moving.sizes))
  }

  @Test(arguments: MovingCase.all)
  func `the gradient needs no shape at build time`(_ moving: MovingCase) throws {
    try check(moving, shape: .unknown)
  }
}
