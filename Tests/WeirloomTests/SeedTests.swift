import Testing
import Weirloom

@Suite struct SeedTests {
  /// Scalars drawn from [0, 1), each by an operation of its own.
  private func draws(
    _ graph: Graph, operationSeed: Int? = nil, count: Int = 1
  ) throws -> [Output<Float>] {
    let shape = try graph.constant([Int32]())
    return try (0..<count).map { _ in
      let seeds = graph.seeds(operationSeed: operationSeed)
      let draw = try graph.addOperation(
        "RandomUniform", inputs: [shape.erased],
        attributes: [
          "dtype": .type(.float), "seed": .int(Int64(seeds.seed)),
          "seed2": .int(Int64(seeds.seed2)),
        ])
      return try Output(draw.output(0))
    }
  }

  private func values(_ outputs: [Output<Float>], in session: Session) throws -> [Float] {
    try session.run(outputs).map { $0.scalar ?? .nan }
  }

  // GRF-030
  @Test func `a seed of the graph makes sessions repeat`() throws {
    let graph = Graph()
    graph.randomSeed = 1
    let outputs = try draws(graph, count: 2)
    let first = try Session(graph: graph)
    let second = try Session(graph: graph)
    let runs = try [values(outputs, in: first), values(outputs, in: first)]
    #expect(runs[0] != runs[1])
    #expect(try [values(outputs, in: second), values(outputs, in: second)] == runs)
    #expect(runs[0][0] != runs[0][1])
  }

  // GRF-030, GRF-032
  @Test func `a seed of the graph gives TensorFlow's numbers`() throws {
    let graph = Graph()
    graph.randomSeed = 1
    let outputs = try draws(graph, count: 2)
    let session = try Session(graph: graph)
    let drawn = try (0..<2).flatMap { _ in try values(outputs, in: session) }
    let expected: [Float] = [0.81269646, 0.055544138, 0.5272893, 0.8388307]
    #expect(zip(drawn, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  // GRF-031
  @Test func `the numbers of a seeded operation start over in every session`() throws {
    let graph = Graph()
    let outputs = try draws(graph, operationSeed: 7)
    func sequence() throws -> [Float] {
      let session = try Session(graph: graph)
      return try (0..<4).flatMap { _ in try values(outputs, in: session) }
    }
    let first = try sequence()
    #expect(Set(first).count == 4)
    #expect(try sequence() == first)
  }

  // GRF-032
  @Test func `a seeded operation draws TensorFlow's numbers`() throws {
    let graph = Graph()
    let outputs = try draws(graph, operationSeed: 2)
    let session = try Session(graph: graph)
    let drawn = try (0..<2).flatMap { _ in try values(outputs, in: session) }
    #expect(zip(drawn, [0.6787466, 0.2013407]).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func `without a seed sessions differ`() throws {
    let graph = Graph()
    let outputs = try draws(graph, count: 4)
    let sessions = try [Session(graph: graph), Session(graph: graph)]
    #expect(try values(outputs, in: sessions[0]) != values(outputs, in: sessions[1]))
  }
}
