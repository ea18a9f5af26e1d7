import Foundation
import Testing
import Weirloom

@Suite struct SaverTests {
  private final class Folder {
    let path: String

    init() throws {
      let url = FileManager.default.temporaryDirectory.appending(path: "weirloom-\(UUID())")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      path = url.path(percentEncoded: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] {
      get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
  }

  private struct Model {
    let graph = Graph()
    let v: Variable<Float>
    let w: Variable<Int64>
    let saver: Saver
    let session: Session

    init(
      reference: Bool = false, format: Saver.Format = .v2, keep: Int = 5, initializes: Bool = true
    ) throws {
      let options: VariableOptions = reference ? .reference : VariableOptions()
      v = try graph.variable(
        "v", initialValue: .tensor(Tensor([1 as Float, 2])), options: options)
      w = try graph.variable("w", initialValue: .constant(Int64(7)), options: options)
      saver = try Saver(in: graph, maximumToKeep: keep, format: format)
      let initializer = try graph.globalVariablesInitializer
      session = try Session(graph: graph)
      if initializes { try session.run(initializer) }
    }
  }

  // SAV-001
  @Test(arguments: [(false, Saver.Format.v2), (true, .v2), (false, .v1), (true, .v1)])
  func `saved values come back`(_ isReference: Bool, _ format: Saver.Format) throws {
    let folder = try Folder()
    let model = try Model(reference: isReference, format: format)
    let prefix = try model.saver.save(model.session, to: "\(folder.path)/ck", step: 3)
    #expect(prefix == "\(folder.path)/ck-3")
    #expect(
      try folder.names
        == (format == .v1
          ? ["checkpoint", "ck-3"]
          : ["checkpoint", "ck-3.data-00000-of-00001", "ck-3.index"]))
    let other = try Model(reference: isReference, initializes: false)
    try other.saver.restore(other.session, from: prefix)
    #expect(try other.session.run(other.v).scalars == [1, 2])
    #expect(try other.session.run(other.w).scalar == 7)
  }

  // SAV-002, SAV-003, SAV-004
  @Test func `old checkpoints go and the state file tells which are left`() throws {
    let folder = try Folder()
    let model = try Model(keep: 2)
    #expect(CheckpointState.latestCheckpoint(in: folder.path) == nil)
    for step in 0..<4 {
      try model.saver.save(model.session, to: "\(folder.path)/ck", step: step)
    }
    let kept = ["\(folder.path)/ck-2", "\(folder.path)/ck-3"]
    #expect(model.saver.lastCheckpoints == kept)
    #expect(
      try folder.names == [
        "checkpoint", "ck-2.data-00000-of-00001", "ck-2.index", "ck-3.data-00000-of-00001",
        "ck-3.index",
      ])
    #expect(try CheckpointState(folder: folder.path) == CheckpointState(latest: kept[1], all: kept))
    #expect(CheckpointState.latestCheckpoint(in: folder.path) == kept[1])
    let text = try String(contentsOfFile: "\(folder.path)/checkpoint", encoding: .utf8)
    #expect(text.hasPrefix("model_checkpoint_path: \"\(kept[1])\"\nall_model_checkpoint_paths: "))
  }

  // SAV-005, SAV-006, SAV-007
  @Test func `what cannot be restored is an error that says why`() throws {
    let folder = try Folder()
    let model = try Model()
    let prefix = try model.saver.save(model.session, to: "\(folder.path)/ck")
    let nowhere = #expect(throws: StatusError.self) {
      try model.saver.restore(model.session, from: "\(folder.path)/nowhere")
    }
    #expect(nowhere?.code == .invalidArgument)
    #expect(nowhere?.reason.contains("not a valid checkpoint") == true)
    let missing = #expect(throws: StatusError.self) {
      let saver = try Saver(named: ["zz": model.v.erased], in: model.graph)
      try saver.restore(Session(graph: model.graph), from: prefix)
    }
    #expect(missing?.code == .notFound)
    #expect(missing?.reason.contains("Key zz not found in checkpoint") == true)
    let dtype = #expect(throws: StatusError.self) {
      let saver = try Saver(named: ["w": model.v.erased], in: model.graph)
      try saver.restore(Session(graph: model.graph), from: prefix)
    }
    #expect(dtype?.code == .invalidArgument)
  }

  // SAV-008
  @Test func `a saver without variables is refused`() {
    let error = #expect(throws: StatusError.self) { try Saver(in: Graph()) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason == "No variables to save")
  }

  // SAV-009
  @Test func `a variable without a value cannot be saved`() throws {
    let folder = try Folder()
    let model = try Model(initializes: false)
    let error = #expect(throws: StatusError.self) {
      try model.saver.save(model.session, to: "\(folder.path)/ck")
    }
    #expect(error?.code == .failedPrecondition)
    #expect(try folder.names.isEmpty)
  }
}
