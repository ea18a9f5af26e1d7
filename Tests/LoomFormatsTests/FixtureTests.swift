import LoomCore
import LoomFormats
import LoomGraph
import LoomTestSupport
import Testing

@Suite struct FixtureTests {
  // MARK: Recorded sessions

  @Test func `there are ten groups`() {
    #expect(
      GoldenFile.groups == [
        "array", "control_flow", "data", "linalg", "math", "nn", "parsing", "sparse", "state",
        "string",
      ])
  }

  @Test(arguments: GoldenFile.groups)
  func `recorded graphs and values are read and written`(group: String) throws {
    let cases = try GoldenFile.cases(group)
    #expect(!cases.isEmpty)
    // Every seventh case keeps this quick; graphs of one group are much alike.
    for (index, test) in cases.enumerated() where index % 7 == 0 {
      let definition = try test.graph()
      let graph = Graph(registry: .empty, evaluator: nil)
      try graph.importDefinition(
        definition, name: "", options: ImportOptions(validatesColocation: false))
      #expect(graph.definition() == definition, "\(test.name)")
      #expect(try GraphDefinition(serialized: definition.serialized()) == definition)
      for step in test.steps {
        _ = try step.feedValues()
        let expected = try step.expected()
        #expect(step.error != nil || expected.count == step.fetches.count || step.kind != .run)
      }
    }
  }

  @Test func `an unknown group is not found`() {
    #expect(failure { try GoldenFile.cases("nope") }?.code == .notFound)
  }

  // MARK: Manifests

  @Test func `every kind of model is there`() throws {
    #expect(ModelManifest.folders(of: .graph).count == 20)
    #expect(ModelManifest.folders(of: .metaGraph).count == 31)
    #expect(ModelManifest.folders(of: .savedModel).count == 7)
    #expect(ModelManifest.folders(of: .checkpoint).count == 6)
  }

  @Test(arguments: ModelManifest.folders(of: .graph, .metaGraph, .savedModel, .checkpoint))
  func `every listed tensor loads with its dtype and shape`(folder: String) throws {
    let manifest = try ModelManifest(folder: folder)
    var listed = Array((manifest.tensors ?? [:]).values)
    for run in manifest.sessions.joined() {
      listed += Array(run.feeds.values) + Array((run.fetches ?? [:]).values)
      #expect((run.error == nil) == (run.fetchNames == nil))
      if let error = run.error { #expect(error.statusCode != nil) }
    }
    for call in manifest.taggedSessions.flatMap(\.calls) {
      listed += Array(call.inputs.values) + Array(call.outputs.values)
    }
    for stored in listed where stored.error == nil {
      let tensor = try stored.load(from: folder)
      #expect(tensor.dtype == stored.elementType)
      #expect(tensor.shape.sizes == stored.shape)
    }
  }

  // MARK: Comparison

  private func difference<S: TensorScalar>(
    _ actual: [S], _ expected: [S], _ tolerance: Tolerance = .exact
  ) throws -> String? {
    try AnyTensor(actual, shape: Shape(vector: actual.count)).difference(
      from: AnyTensor(expected, shape: Shape(vector: expected.count)), tolerance: tolerance)
  }

  @Test func `equal tensors do not differ`() throws {
    #expect(try difference([1, .nan, .infinity] as [Float], [1, .nan, .infinity]) == nil)
    #expect(try difference([0.0] as [Float], [-0.0]) == nil)
    #expect(try difference([ByteString("a")], ["a"]) == nil)
    #expect(try difference([QInt8(1)], [QInt8(1)]) == nil)
  }

  @Test func `the tolerance bounds the distance`() throws {
    let tolerance = Tolerance(relative: 0.1, absolute: 0.5)
    #expect(try difference([11.5] as [Double], [10], tolerance) == nil)
    #expect(try difference([11.6] as [Double], [10], tolerance) != nil)
    #expect(try difference([Complex64(3, 4)], [Complex64(3, 4.9)], tolerance) == nil)
    #expect(try difference([Complex64(3, 4)], [Complex64(3, 6)], tolerance) != nil)
  }

  @Test func `NaN and infinities match only themselves`() throws {
    let wide = Tolerance(relative: 1, absolute: 1e30)
    #expect(try difference([.nan] as [Float], [1], wide) != nil)
    #expect(try difference([.infinity] as [Float], [1], wide) != nil)
    #expect(try difference([-.infinity] as [Float], [.infinity], wide) != nil)
    #expect(try difference([1] as [Float], [.infinity], wide) != nil)
  }

  @Test func `dtype and shape count before elements`() throws {
    let a = try AnyTensor([1, 2] as [Int32], shape: Shape([2]))
    #expect(
      try a.difference(from: AnyTensor([1, 2] as [Int64], shape: Shape([2])))
        == "dtype is int32, expected int64")
    #expect(
      try a.difference(from: a.reshaped(to: Shape([2, 1]))) == "shape is [2], expected [2,1]")
  }

  @Test func `the text says where and by how much`() throws {
    let a = try AnyTensor([0, 0, 0, 1.5, 0, 7] as [Float], shape: Shape([2, 3]))
    let b = try AnyTensor([0, 0, 0, 1, 0, 0] as [Float], shape: Shape([2, 3]))
    #expect(
      try a.difference(from: b) == """
        2 of 6 elements of float[2,3] differ; off by up to 7.0
          at [1, 0]: got 1.5, expected 1.0
          at [1, 2]: got 7.0, expected 0.0
        """)
  }
}
