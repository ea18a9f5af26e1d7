import LoomTestSupport
import Testing
import Weirloom

/// What the recorded sessions do not show of the sparse ops.
@Suite struct SparseTests {
  @Test func `indices that are out of bounds, out of order or repeated are refused`() throws {
    let graph = OpGraph()
    func dense(_ indices: [[Int]], validates: Bool = true) throws -> AnyTensor {
      try graph.run(
        graph(
          "SparseToDense",
          [
            graph.matrix(indices), graph.vector([Int64(2), 3]),
            graph.vector(indices.indices.map { Float($0 + 1) }), graph.scalar(Float(-1)),
          ], ["validate_indices": .bool(validates)]))[0]
    }
    #expect(try dense([[0, 1], [1, 2]]).scalars(of: Float.self) == [-1, 1, -1, -1, -1, 2])
    expectFailure(.invalidArgument, "out of bounds") { try dense([[0, 3]]) }
    expectFailure(.invalidArgument, "out of bounds") { try dense([[-1, 0]], validates: false) }
    expectFailure(.invalidArgument, "out of order") { try dense([[1, 0], [0, 0]]) }
    expectFailure(.invalidArgument, "repeated") { try dense([[1, 0], [1, 0]]) }
    #expect(
      try dense([[1, 0], [0, 0]], validates: false).scalars(of: Float.self)
        == [2, -1, -1, 1, -1, -1])
  }

  @Test func `sizes that overflow are errors`() throws {
    let graph = OpGraph()
    let huge = Int64.max
    expectFailure(.invalidArgument) {
      try graph.run(
        graph(
          "SparseReshape",
          [graph.matrix([[0, 0]]), graph.vector([huge, 4]), graph.vector([huge, 4])]))
    }
    expectFailure(.resourceExhausted) {
      try graph.run(
        graph(
          "SparseFillEmptyRows",
          [
            graph.matrix([[0, 0]]), graph.vector([Float(1)]), graph.vector([huge / 2, 1]),
            graph.scalar(Float(0)),
          ]))
    }
    // A slice may reach beyond everything.
    let slice = try graph.run(
      graph(
        "SparseSlice",
        [
          graph.matrix([[1, 1]]), graph.vector([Float(5)]), graph.vector([Int64(2), 2]),
          graph.vector([Int64(1), 0]), graph.vector([huge, huge]),
        ]))
    #expect(try slice[2].integers() == [1, 2])
    #expect(try slice[0].integers() == [0, 1])
  }

  @Test func `integer division by zero is an error`() throws {
    let graph = OpGraph()
    expectFailure(.invalidArgument, "division by zero") {
      try graph.run(
        graph(
          "SparseDenseCwiseDiv",
          [
            graph.matrix([[0]]), graph.vector([Int32(1)]), graph.vector([Int64(2)]),
            graph.vector([Int32(0), 1]),
          ]))
    }
  }

  @Test func `sparse tensors can be kept by number and stacked`() throws {
    let graph = OpGraph()
    let store: [String: AttributeValue] = ["shared_name": "kept"]
    let rows = try graph(
      "AddManySparseToTensorsMap",
      [
        graph.matrix([[0, 1], [2, 0]]), graph.vector([Float(5), 6]), graph.vector([Int64(3), 2]),
      ],
      store)[0]
    let one = try graph(
      "AddSparseToTensorsMap",
      [graph.matrix([[3]]), graph.vector([Float(7)]), graph.vector([Int64(4)])], store)[0]
    let input = try graph("Placeholder", [], ["dtype": .type(.int64), "shape": .shape([nil])])[0]
    let taken = try graph(
      "TakeManySparseFromTensorsMap", [input],
      store.merging(["dtype": .type(.float)]) { $1 })
    let session = try Session(graph: graph.graph)
    let handles = try session.run(rows).integers() + [session.run(one).integers()[0]]
    #expect(Set(handles).count == 4)
    let feed = try AnyTensor(handles.map(Int64.init), shape: Shape(vector: 4))
    let stacked = try session.run(taken, feeding: Feed(input, feed))
    #expect(try stacked[0].integers() == [0, 1, 2, 0, 3, 3])
    #expect(try stacked[1].scalars(of: Float.self) == [5, 6, 7])
    #expect(try stacked[2].integers() == [4, 4])
    expectFailure(.invalidArgument, "Unable to find SparseTensor") {
      try session.run(taken, feeding: Feed(input, feed))
    }
  }

  @Test func `products of matrices with many zeros are those of dense ones`() throws {
    let graph = OpGraph()
    let a = try graph.constant(
      AnyTensor([0, 2, 3, 0].map { BFloat16($0) }, shape: Shape([2, 2])))
    let b = try graph.constant(AnyTensor([Float(1), 2, 0, 4], shape: Shape([2, 2])))
    let product = try graph("SparseMatMul", [a, b], ["transpose_b": true, "a_is_sparse": true])
    #expect(try graph.run(product)[0].scalars(of: Float.self) == [4, 8, 3, 0])
  }

  /// Ops of one sparse tensor `[[0, 1], [1, 0], [1, 2]]` of shape `[2, 3]`, to be differentiated with
  /// respect to its values.
  private static let differentiable:
    [(String, @Sendable (OpGraph, AnyOutput, AnyOutput, AnyOutput) throws -> AnyOutput)] = [
      (
        "SparseToDense",
        { graph, indices, values, sizes in
          try graph(
            "SparseToDense", [indices, sizes, values, graph.scalar(0.5)])[0]
        }
      ),
      (
        "SparseTensorDenseMatMul",
        { graph, indices, values, sizes in
          let b = try graph.constant(
            AnyTensor((1...6).map { Double($0) * 0.3 }, shape: Shape([3, 2])))
          return try graph("SparseTensorDenseMatMul", [indices, values, sizes, b])[0]
        }
      ),
      (
        "SparseTensorDenseMatMul of adjoints",
        { graph, indices, values, sizes in
          let b = try graph.constant(
            AnyTensor((1...4).map { Double($0) * 0.3 }, shape: Shape([2, 2])))
          return try graph(
            "SparseTensorDenseMatMul", [indices, values, sizes, b],
            ["adjoint_a": true, "adjoint_b": true])[0]
        }
      ),
      (
        "SparseReduceSum",
        { graph, indices, values, sizes in
          try graph("SparseReduceSum", [indices, values, sizes, graph.vector([Int32(1)])])[0]
        }
      ),
      (
        "SparseSoftmax",
        { graph, indices, values, sizes in try graph("SparseSoftmax", [indices, values, sizes])[0] }
      ),
      (
        "SparseReorder",
        { graph, indices, values, sizes in try graph("SparseReorder", [indices, values, sizes])[1] }
      ),
      (
        "SparseSlice",
        { graph, indices, values, sizes in
          try graph(
            "SparseSlice",
            [indices, values, sizes, graph.vector([Int64(1), 0]), graph.vector([Int64(1), 3])])[1]
        }
      ),
      (
        "SparseAdd",
        { graph, indices, values, sizes in
          try graph(
            "SparseAdd",
            [indices, values, sizes, indices, values, sizes, graph.scalar(0.0)])[1]
        }
      ),
      (
        "SparseFillEmptyRows",
        { graph, indices, values, _ in
          try graph(
            "SparseFillEmptyRows",
            [indices, values, graph.vector([Int64(4), 3]), graph.scalar(0.25)])[1]
        }
      ),
      (
        "SparseDenseCwiseMul",
        { graph, indices, values, sizes in
          try graph(
            "SparseDenseCwiseMul", [indices, values, sizes, graph.vector([0.5, 2.0, -1.0])])[0]
        }
      ),
      (
        "SparseDenseCwiseDiv",
        { graph, indices, values, sizes in
          try graph(
            "SparseDenseCwiseDiv", [indices, values, sizes, graph.vector([0.5, 2.0, -1.0])])[0]
        }
      ),
      (
        "SparseTensorDenseAdd",
        { graph, indices, values, sizes in
          let b = try graph.constant(.zeros(dtype: .double, shape: Shape([2, 3])))
          return try graph("SparseTensorDenseAdd", [indices, values, sizes, b])[0]
        }
      ),
    ]

  @Test(arguments: differentiable.indices)
  func `gradients agree with small differences`(_ index: Int) throws {
    let (name, build) = Self.differentiable[index]
    let graph = OpGraph()
    let values = try graph("Placeholder", [], ["dtype": .type(.double), "shape": .shape([3])])[0]
    let y = try build(
      graph, graph.matrix([[0, 1], [1, 0], [1, 2]]), values, graph.vector([Int64(2), 3]))
    // Weights tell elements apart.
    let flat = try graph("Reshape", [y, graph.vector([Int32(-1)])])[0]
    let positions = try graph(
      "Range",
      [graph.scalar(Int32(0)), graph("Size", [flat])[0], graph.scalar(Int32(1))])[0]
    let weights = try graph("Cast", [positions], ["DstT": .type(.double)])[0]
    let weighted = try graph("Mul", [flat, weights])[0]
    let squared = try graph("Square", [weighted])[0]
    let loss = try graph("Sum", [squared, graph.vector([Int32(0)])])[0]
    guard case .dense(let gradient)? = try gradients(of: [loss], withRespectTo: [values])[0] else {
      Issue.record("\(name) has no dense gradient")
      return
    }
    let session = try Session(graph: graph.graph)
    let x = [0.7, -0.4, 1.3]
    func feed(_ x: [Double]) throws -> Feed {
      Feed(values, try AnyTensor(x, shape: Shape(vector: 3)))
    }
    let slope = try session.run(gradient, feeding: feed(x)).scalars(of: Double.self)
    for position in x.indices {
      var (above, below) = (x, x)
      above[position] += 1e-4
      below[position] -= 1e-4
      let difference =
        try session.run(loss, feeding: feed(above)).element(0, of: Double.self)
        - session.run(loss, feeding: feed(below)).element(0, of: Double.self)
      #expect(abs(slope[position] - difference / 2e-4) < 1e-6, "\(name) \(position)")
    }
  }
}
