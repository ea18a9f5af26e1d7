import Foundation
import LoomCore
import LoomFormats
import LoomGraph
import LoomProto
import LoomTestSupport
import SwiftProtobuf
import Testing

/// Model files as TensorFlow wrote them.
enum ModelFiles {
  static func files(_ isWanted: (String) -> Bool) -> [String] {
    let models = Fixtures.root.appending(path: "models").resolvingSymlinksInPath()
    let names = FileManager.default.subpaths(atPath: models.path(percentEncoded: false)) ?? []
    return names.filter { isWanted($0) && !$0.hasPrefix("bad_") }.sorted()
  }

  static func path(_ name: String) -> String { Fixtures.path("models/\(name)") }

  static let graphs = files {
    $0.hasSuffix("model.pb") && !$0.contains("saved_model") || $0.hasSuffix("timeline/graph.pb")
      || $0.hasSuffix("model.pbtxt")
  }
  static let metaGraphs = files { $0.hasSuffix(".meta") }
  static let savedModels = files { $0.hasSuffix("saved_model.pb") }
}

@Suite struct RoundTripTests {
  @Test func `there are files`() {
    #expect(ModelFiles.graphs.count > 20)
    #expect(ModelFiles.metaGraphs.count > 20)
    #expect(ModelFiles.savedModels.count > 5)
  }

  /// Imports into a graph that knows no op at all, writes, reads: nothing may be lost.
  private func check(_ message: Tensorflow_GraphDef) throws {
    let definition = try GraphDefinition(message)
    let graph = Graph(registry: .empty, evaluator: nil)
    try graph.importDefinition(definition, name: "", options: .init(validatesColocation: false))
    let written = graph.definition()
    #expect(written.nodes.map(\.name) == definition.nodes.map(\.name))
    for (left, right) in zip(written.nodes, definition.nodes) where left != right {
      Issue.record("\(left) is not \(right)")
      return
    }
    #expect(written.library == definition.library)
    #expect(written.versions == definition.versions)

    var again = try Tensorflow_GraphDef(definition)
    var expected = message
    if !expected.hasVersions { expected.versions = .init() }
    try normalise(&again)
    try normalise(&expected)
    #expect(again.versions == expected.versions)
    #expect(again.node.count == expected.node.count)
    for (left, right) in zip(again.node, expected.node) where left != right {
      Issue.record("\(left.textFormatString()) is not \(right.textFormatString())")
      return
    }
    for (left, right) in zip(again.library.function, expected.library.function) where left != right
    {
      Issue.record("\(left.textFormatString()) is not \(right.textFormatString())")
      return
    }
    #expect(again == expected)
  }

  /// Tensors in one way of the several there are; gradients sorted.
  private func normalise(_ graph: inout Tensorflow_GraphDef) throws {
    for index in graph.node.indices { try normalise(&graph.node[index].attr) }
    for index in graph.library.function.indices {
      try normalise(&graph.library.function[index].attr)
      for node in graph.library.function[index].nodeDef.indices {
        try normalise(&graph.library.function[index].nodeDef[node].attr)
      }
    }
    graph.library.gradient.sort { $0.functionName < $1.functionName }
    graph.library.registeredGradients.sort { $0.gradientFunc < $1.gradientFunc }
  }

  private func normalise(_ attributes: inout [String: Tensorflow_AttrValue]) throws {
    for (name, value) in attributes {
      if case .tensor(let tensor) = value.value {
        attributes[name]?.tensor = try Tensorflow_TensorProto(try AnyTensor(tensor))
      }
    }
  }

  @Test(arguments: ModelFiles.graphs)
  func `a graph file survives`(name: String) throws {
    let path = ModelFiles.path(name)
    let bytes = try Data(contentsOf: URL(filePath: path))
    let message =
      name.hasSuffix("txt")
      ? try Tensorflow_GraphDef(textFormatString: String(decoding: bytes, as: UTF8.self))
      : try Tensorflow_GraphDef(serializedBytes: bytes)
    try check(message)
    #expect(try GraphDefinition(contentsOf: path) == GraphDefinition(message))
  }

  @Test(arguments: ModelFiles.metaGraphs)
  func `a meta graph file survives`(name: String) throws {
    let bytes = try Data(contentsOf: URL(filePath: ModelFiles.path(name)))
    try check(meta: try Tensorflow_MetaGraphDef(serializedBytes: bytes))
  }

  @Test(arguments: ModelFiles.savedModels)
  func `the meta graphs of a saved model survive`(name: String) throws {
    let bytes = try Data(contentsOf: URL(filePath: ModelFiles.path(name)))
    for graph in try Tensorflow_SavedModel(serializedBytes: bytes).metaGraphs {
      try check(meta: graph)
    }
  }

  private func check(meta message: Tensorflow_MetaGraphDef) throws {
    try check(message.graphDef)
    let graph = try MetaGraph(message)
    var again = try Tensorflow_MetaGraphDef(graph)
    var expected = message
    try normalise(&again.graphDef)
    try normalise(&expected.graphDef)
    #expect(again.metaInfoDef == expected.metaInfoDef)
    #expect(again.signatureDef == expected.signatureDef)
    #expect(again.collectionDef == expected.collectionDef)
    #expect(again.saverDef == expected.saverDef)
    #expect(again == expected)
  }

  // GRF-034
  @Test(arguments: ModelFiles.graphs)
  func `text and wire format say the same`(name: String) throws {
    let definition = try GraphDefinition(contentsOf: ModelFiles.path(name))
    #expect(try GraphDefinition(text: definition.text()) == definition)
    #expect(try GraphDefinition(serialized: definition.serialized()) == definition)
  }
}
