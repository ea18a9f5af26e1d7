import Testing
import Weirloom

/// Gradients through loops and conditionals of frames.
@Suite struct LoopGradientTests {
  private let graph = Graph()

  private func run(_ gradient: Gradient?) throws -> [Float] {
    let output = try graph.dense(#require(gradient))
    return try Session(graph: graph).run(output).scalars(of: Float.self)
  }

  @Test func `a power by repeated products has its derivative`() throws {
    let x = try graph.constant(Float(3))
    let (_, power) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Float(1))
    ) { count, _ in
      try less(count, 4)
    } body: { count, power in
      (try count + 1, try power * x)
    }
    let found = try gradients(of: [power.erased], withRespectTo: [x.erased])
    #expect(try run(found[0]) == [108])
    // What the loop computes stays what it was.
    #expect(try Session(graph: graph).run(power).scalar == 81)
  }

  @Test func `squaring in a loop keeps every iteration's value`() throws {
    let x = try graph.placeholder(Float.self, shape: [nil])
    let square = try whileLoop(
      loopVariables: [graph.constant(Int32(0)).erased, x.erased],
      shapeInvariants: [.scalar, [nil]]
    ) { variables in
      try less(Output<Int32>(variables[0]), 3)
    } body: { variables in
      let value = try Output<Float>(variables[1])
      return [try (Output<Int32>(variables[0]) + 1).erased, try (value * value).erased]
    }[1]
    let found = try gradients(of: [square], withRespectTo: [x.erased])
    let derivative = try Output<Float>(graph.dense(#require(found[0])))
    let session = try Session(graph: graph)
    for _ in 0..<2 {
      let value = try session.run(derivative, feeding: x.feed(Tensor([1, 2])))
      #expect(Array(value.scalars) == [8, 8 * 128])
    }
  }

  @Test func `a loop that does not run passes the gradient on`() throws {
    let x = try graph.constant(Float(5))
    let (_, same) = try whileLoop(loopVariables: graph.constant(Int32(9)), x) { count, _ in
      try less(count, 4)
    } body: { count, value in
      (try count + 1, try value * value)
    }
    #expect(try run(gradients(of: [same.erased], withRespectTo: [x.erased])[0]) == [1])
  }

  @Test func `a variable whose next value does not depend on it has zeros`() throws {
    let x = try graph.constant(Float(5))
    let w = try graph.constant(Float(2))
    let (_, value) = try whileLoop(loopVariables: graph.constant(Int32(0)), x) { count, _ in
      try less(count, 3)
    } body: { count, _ in
      (try count + 1, try w * cast(count, to: Float.self))
    }
    let found = try gradients(of: [value.erased], withRespectTo: [x.erased, w.erased])
    #expect(try run(found[1]) == [2])
    #expect(try run(found[0]) == [0])
  }

  @Test func `conditionals have the gradient of the branch that ran`() throws {
    let x = try graph.constant(Float(3))
    let test = try graph.placeholder(Bool.self, shape: [])
    let y = try cond(test) {
      try x * x
    } else: {
      try x * 10
    }
    let derivative = try #require(try gradient(of: y, withRespectTo: x))
    let session = try Session(graph: graph)
    #expect(try session.run(derivative, feeding: test.feed(Tensor(scalar: true))).scalar == 6)
    #expect(try session.run(derivative, feeding: test.feed(Tensor(scalar: false))).scalar == 10)
    // A conditional's gradient can be differentiated again.
    let second = try #require(try gradient(of: derivative, withRespectTo: x))
    #expect(try session.run(second, feeding: test.feed(Tensor(scalar: true))).scalar == 2)
    #expect(try session.run(second, feeding: test.feed(Tensor(scalar: false))).scalar == 0)
  }

  @Test func `conditionals inside of loops push only where their branch ran`() throws {
    let x = try graph.constant(Float(2))
    let (_, y) = try whileLoop(loopVariables: graph.constant(Int32(0)), x) { count, _ in
      try less(count, 4)
    } body: { count, value in
      let isEven = try equal(floorModulo(count, graph.constant(Int32(2))), 0)
      let next = try cond(isEven) {
        try value * value
      } else: {
        try value * x
      }
      return (try count + 1, next)
    }
    // x → x² → x³ → x⁶ → x⁷
    #expect(try Session(graph: graph).run(y).scalar == 128)
    #expect(try run(gradients(of: [y.erased], withRespectTo: [x.erased])[0]) == [448])
  }

  @Test func `nested conditionals inside of loops`() throws {
    let x = try graph.constant(Float(2))
    let (_, y) = try whileLoop(loopVariables: graph.constant(Int32(0)), x) { count, _ in
      try less(count, 3)
    } body: { count, value in
      let next = try cond(less(count, 2)) {
        try cond(less(count, 1)) {
          try value * value
        } else: {
          try value * value * value
        }
      } else: {
        try value * x
      }
      return (try count + 1, next)
    }
    // x → x² → x⁶ → x⁷
    #expect(try Session(graph: graph).run(y).scalar == 128)
    #expect(try run(gradients(of: [y.erased], withRespectTo: [x.erased])[0]) == [448])
  }

  @Test func `nested loops have gradients`() throws {
    let x = try graph.constant(Float(2))
    let w = try graph.constant(Float(3))
    let (_, y) = try whileLoop(loopVariables: graph.constant(Int32(0)), x) { row, _ in
      try less(row, 2)
    } body: { row, value in
      let (_, inner) = try whileLoop(loopVariables: graph.constant(Int32(0)), value) { column, _ in
        try less(column, row + 1)
      } body: { column, inner in
        (try column + 1, try inner * w * value)
      }
      return (try row + 1, inner)
    }
    // a = x · (w x) = w x²; y = a · (w a)² = w² a³ = w⁵ x⁶
    #expect(try Session(graph: graph).run(y).scalar == 243 * 64)
    let found = try gradients(of: [y.erased], withRespectTo: [x.erased, w.erased])
    #expect(try run(found[0]) == [6 * 243 * 32])
    #expect(try run(found[1]) == [5 * 81 * 64])
  }

  @Test func `a matrix applied again and again gets the sum over all iterations`() throws {
    let matrix = try graph.constant([1 as Float, 2, 3, 4], shape: [2, 2])
    let start = try graph.constant([1 as Float, 1], shape: [1, 2])
    let (_, state) = try whileLoop(loopVariables: graph.constant(Int32(0)), start) { count, _ in
      try less(count, 2)
    } body: { count, state in
      (try count + 1, try matmul(state, matrix))
    }
    let found = try gradients(of: [state.erased], withRespectTo: [matrix.erased, start.erased])
    // d/dA of sum(s A A): sᵀ (A 1)ᵀ + (s A)ᵀ 1ᵀ
    #expect(try run(found[0]) == [7, 11, 9, 13])
    #expect(try run(found[1]) == [17, 37])
  }

  @Test func `arrays that a loop reads and writes pass gradients on`() throws {
    let x = try graph.constant([2 as Float, 3, 5])
    let size = try graph.constant(Int32(3)).erased
    func array() throws -> [AnyOutput] {
      try graph.addOperation(
        "TensorArrayV3", inputs: [size],
        attributes: ["dtype": .type(.float), "element_shape": .shape(.scalar)]
      ).outputs
    }
    let (source, target) = (try array(), try array())
    let all = try graph.constant([0 as Int32, 1, 2]).erased
    let flow = try graph.addOperation(
      "TensorArrayScatterV3", inputs: [source[0], all, x.erased, source[1]]
    ).output(0)
    // Running products: 2, 6, 30.
    let results = try whileLoop(
      loopVariables: [
        graph.constant(Int32(0)).erased, graph.constant(Float(1)).erased, target[1],
      ]
    ) { variables in
      try less(Output<Int32>(variables[0]), 3)
    } body: { variables in
      let value = try graph.addOperation(
        "TensorArrayReadV3", inputs: [source[0], variables[0], flow],
        attributes: ["dtype": .type(.float)]
      ).output(0)
      try value.setShape(.scalar)
      let product = try Output<Float>(variables[1]) * Output<Float>(value)
      let written = try graph.addOperation(
        "TensorArrayWriteV3", inputs: [target[0], variables[0], product.erased, variables[2]]
      ).output(0)
      return [try (Output<Int32>(variables[0]) + 1).erased, product.erased, written]
    }
    let products = try graph.addOperation(
      "TensorArrayGatherV3", inputs: [target[0], all, results[2]],
      attributes: ["dtype": .type(.float), "element_shape": .shape(.scalar)]
    ).output(0)
    #expect(try Session(graph: graph).run(products).scalars(of: Float.self) == [2, 6, 30])
    // a + ab + abc: 1 + b + bc, a + ac, ab
    #expect(
      try run(gradients(of: [products], withRespectTo: [x.erased])[0]) == [19, 12, 6])
  }

  @Test func `loops of an imported graph have gradients too`() throws {
    let x = try graph.constant(Float(3), name: "x")
    let (_, power) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Float(1))
    ) { count, _ in
      try less(count, 4)
    } body: { count, power in
      let factor = try cond(less(count, 2)) {
        x
      } else: {
        try x + 1
      }
      return (try count + 1, try power * factor)
    }
    let copy = Graph()
    let names = ["x:0", power.name]
    let returned = try copy.importDefinition(
      graph.definition(), returnElements: names, name: nil
    ).returned
    guard case .output(let start) = returned[0], case .output(let end) = returned[1] else {
      Issue.record("two tensors were asked for")
      return
    }
    let found = try gradients(of: [end], withRespectTo: [start])
    let value = try Session(graph: copy).run(copy.dense(#require(found[0])))
    // x² (x + 1)²: 2x (x+1)² + 2 x² (x+1)
    #expect(try value.scalars(of: Float.self) == [96 + 72])
  }

  @Test func `derivatives of a loop's gradient are refused, not wrong`() throws {
    let x = try graph.constant(Float(3))
    let (_, power) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Float(1))
    ) { count, _ in
      try less(count, 4)
    } body: { count, power in
      (try count + 1, try power * x)
    }
    let first = try #require(try gradient(of: power, withRespectTo: x))
    let error = #expect(throws: StatusError.self) { try gradient(of: first, withRespectTo: x) }
    #expect(error?.message.contains("Second-order gradient") ?? false)
  }
}
