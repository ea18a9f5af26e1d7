import Foundation
import LoomFormats
import LoomTestSupport
import Testing
import Weirloom

@Suite struct CheckpointTests {
  static let folders = [
    "ckpt_v2_dtypes", "ckpt_v2_merged", "ckpt_v2_sharded", "ckpt_object",
  ]

  private func restore(
    _ prefix: String, _ names: [String], _ slices: [String]? = nil, types: [DType]
  ) throws -> [AnyTensor] {
    let graph = OpGraph()
    return try graph.run(
      graph(
        "RestoreV2",
        [
          graph.text(prefix), graph.texts(names),
          graph.texts(slices ?? names.map { _ in "" }),
        ], ["dtypes": .types(types)]))
  }

  // SAV-011, by reading
  @Test(arguments: folders + ["ckpt_v1"])
  func `checkpoints of stock TensorFlow restore to the recorded values`(
    _ folder: String
  ) throws {
    let manifest = try ModelManifest(folder: folder)
    let prefix = manifest.path(manifest.prefix ?? "")
    var count = 0
    for (name, stored) in try #require(manifest.tensors) where stored.error == nil {
      let wanted = try stored.load(from: folder)
      let value = try restore(prefix, [name], types: [wanted.dtype])[0]
      let fault = try value.difference(from: wanted)
      #expect(fault == nil, "\(name): \(fault ?? "")")
      count += 1
    }
    #expect(count > 3)
  }

  @Test func `parts of a partitioned variable are put together`() throws {
    let manifest = try ModelManifest(folder: "ckpt_v2_merged")
    let whole = try #require(manifest.tensors?["whole"]).load(from: "ckpt_v2_merged")
    let prefix = manifest.path("merged")
    let part = try restore(prefix, ["whole"], ["12 2 3,6:1,1"], types: [.float])[0]
    let values = try whole.scalars(of: Float.self)
    #expect(part.shape.sizes == [6, 1])
    #expect(try part.scalars(of: Float.self) == (3..<9).map { values[$0 * 2 + 1] })
  }

  @Test func `slices of first generation files are put together`() throws {
    let graph = OpGraph()
    let path = Fixtures.path("models/ckpt_v1/slices.ckpt")
    func restore(_ spec: String) throws -> AnyTensor {
      try graph.run(
        graph(
          "RestoreSlice", [graph.text(path), graph.text("part"), graph.text(spec)],
          ["dt": .type(.float)]))[0]
    }
    let values = try restore("4 2 2,2:-")
    #expect(values.shape.sizes == [2, 2])
    #expect(
      try restore("4 2 3,1:1,1").scalars(of: Float.self) == [values.scalars(of: Float.self)[3]])
    // The file holds the last two rows only.
    expectFailure(.invalidArgument, "sufficient slices") { try restore("4 2 1,2:-") }
    let texts = try graph("Restore", [graph.text(path), graph.text("s")], ["dt": .type(.string)])
    #expect(try graph.run(texts)[0].shape.sizes == [1, 2])
  }

  @Test func `an index of many tensors lists them in order`() throws {
    let bundle = try TensorBundle(Fixtures.path("models/ckpt_v2_many/many"))
    #expect(bundle.names.count == 300)
    #expect(bundle.names == bundle.names.sorted())
    var values: [Float] = []
    for (index, name) in bundle.names.enumerated() {
      let value = try bundle.read(name).scalars(of: Float.self)
      #expect(value.count == 1 + index % 5)
      values += value
    }
    let entry = "{\"file\": \"values/all_in_key_order.npy\", \"dtype\": \"float32\"}"
    let stored = try JSONDecoder().decode(StoredTensor.self, from: Data(entry.utf8))
    #expect(try values == stored.load(from: "ckpt_v2_many").scalars(of: Float.self))
  }

  private static let tensors: [(String, @Sendable () throws -> AnyTensor)] = [
    ("float", { try AnyTensor([Float(1), .nan, -.infinity], shape: Shape(vector: 3)) }),
    ("texts", { try AnyTensor([ByteString("a"), "", "\u{0}b"], shape: Shape(vector: 3)) }),
    ("empty", { try .zeros(dtype: .int16, shape: Shape([0, 2])) }),
    ("flag", { try AnyTensor(scalar: true) }),
    ("half", { try AnyTensor([Float16(0.5)], shape: Shape(vector: 1)) }),
    ("complex", { try AnyTensor([Complex64(1, -2)], shape: Shape(vector: 1)) }),
    ("quantized", { try AnyTensor([QUInt8(200)], shape: Shape(vector: 1)) }),
    ("long", { try AnyTensor([Int64.min, .max], shape: Shape(vector: 2)) }),
  ]

  @Test(arguments: ["SaveV2", "Save"])
  func `what is saved can be restored`(_ op: String) throws {
    let folder = try TemporaryFolder()
    let graph = OpGraph()
    let values = try Self.tensors.map { try $0.1() }
    let names = Self.tensors.map(\.0)
    let prefix = folder.file("deep/model")
    if op == "Save" {
      try FileManager.default.createDirectory(
        atPath: folder.file("deep"), withIntermediateDirectories: true)
    }
    let types = AttributeValue.types(values.map(\.dtype))
    let save = try graph.operation(
      op,
      [graph.text(prefix), graph.texts(names)]
        + (op == "Save" ? [] : [graph.texts(names.map { _ in "" })])
        + values.map { try graph.constant($0) },
      [op == "Save" ? "T" : "dtypes": types])
    try Session(graph: graph.graph).run(save)
    let restored = try restore(prefix, names, types: values.map(\.dtype))
    for (index, value) in restored.enumerated() {
      #expect(value == values[index], "\(names[index])")
    }
    // Nothing half-written is left.
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("deep"))
    #expect(files.allSatisfy { !$0.contains("tempstate") })
  }

  // SAV-011, by writing
  @Test func `a checkpoint of the same tensors is the same bytes as stock's`() throws {
    let manifest = try ModelManifest(folder: "ckpt_v2_dtypes")
    let folder = try TemporaryFolder()
    let writer = try TensorBundleWriter(folder.file("model.ckpt"))
    // Data lie in the order in which they were saved: that of the names.
    for (name, stored) in try #require(manifest.tensors).sorted(by: { $0.key < $1.key }) {
      try writer.add(ByteString(name), stored.load(from: manifest.name))
    }
    try writer.finish()
    for file in ["model.ckpt.index", "model.ckpt.data-00000-of-00001"] {
      let ours = try Data(contentsOf: URL(filePath: folder.file(file)))
      #expect(try ours == Data(contentsOf: URL(filePath: manifest.path(file))), "\(file)")
    }
  }

  // SAV-015
  @Test func `shards are merged, and their folder goes`() throws {
    let folder = try TemporaryFolder()
    let graph = OpGraph()
    var saves: [GraphOperation] = []
    let value = try graph.constant(
      AnyTensor((0..<6).map { Float($0) }, shape: Shape([3, 2])))
    let half = try graph.constant(AnyTensor([Float(6), 7], shape: Shape([1, 2])))
    for (index, part) in ["4 2 0,3:-", "4 2 3,1:-"].enumerated() {
      let name = try graph(
        "ShardedFilename",
        [graph.text(folder.file("tmp/part")), graph.scalar(Int32(index)), graph.scalar(Int32(2))])[
          0]
      saves.append(
        try graph.operation(
          "SaveV2",
          [
            name, graph.texts(["v", "own\(index)"]), graph.texts([part, ""]),
            index == 0 ? value : half, graph.scalar(Int32(index)),
          ], ["dtypes": .types([.float, .int32])]))
    }
    let prefixes = try graph.texts(
      (0..<2).map { folder.file("tmp/part-0000\($0)-of-00002") })
    let merge = try graph.operation(
      "MergeV2Checkpoints", [prefixes, graph.text(folder.file("model"))])
    let session = try Session(graph: graph.graph)
    for save in saves { try session.run(save) }
    try session.run(merge)
    let values = try restore(
      folder.file("model"), ["v", "own0", "own1"], types: [.float, .int32, .int32])
    #expect(try values[0].scalars(of: Float.self) == (0..<8).map { Float($0) })
    #expect(try values[2].element(0, of: Int32.self) == 1)
    #expect(!FileManager.default.fileExists(atPath: folder.file("tmp")))
  }

  @Test(
    arguments: [
      ("ck_data_flip", "a", "", .dataLoss, "Checksum does not match"),
      ("ck_string_flip", "s", "", .dataLoss, "Checksum does not match"),
      ("ck_data_short", "s", "", .outOfRange, "Read less bytes than requested"),
      ("ck_no_data", "a", "", .notFound, "No such file"),
      ("ck_no_index", "a", "", .notFound, "Failed to find any matching files"),
      ("ck_index_flip", "a", "", .dataLoss, "checksum mismatch"),
      ("ck_index_magic", "a", "", .dataLoss, "not an sstable (bad magic number)"),
      ("ck_index_short", "a", "", .dataLoss, "too short to be an sstable"),
      ("ck_index_empty", "a", "", .dataLoss, "too short to be an sstable"),
      ("good", "zz", "", .notFound, "Key zz not found in checkpoint"),
      ("good", "a", "4 4 2,9:0,4", .internal, "Extent in dimension 0 out of bounds"),
      ("good", "a", "four by four", .invalidArgument, "Expected a pair of numbers or '-'"),
      ("good", "a", "5 4 -:-", .invalidArgument, "does not match the shape stored in checkpoint"),
      ("nowhere", "a", "", .notFound, "Failed to find any matching files"),
    ] as [(String, String, String, StatusError.Code, String)])
  func `damaged checkpoints and wrong requests give stock's errors`(
    _ file: String, _ name: String, _ slice: String, _ code: StatusError.Code, _ text: String
  ) throws {
    expectFailure(code, text) {
      try restore(
        Fixtures.path("models/bad_files/\(file)"), [name], [slice],
        types: [name == "s" ? .string : .float])
    }
  }

  @Test func `another dtype than the stored one is refused`() throws {
    expectFailure(.invalidArgument, "expected dtype int32 does not equal original dtype float") {
      try restore(Fixtures.path("models/bad_files/good"), ["a"], types: [.int32])
    }
  }

  @Test func `no cut and no flipped bit of an index ends the process`() throws {
    let folder = try TemporaryFolder()
    let index = try Data(
      contentsOf: URL(filePath: Fixtures.path("models/bad_files/good.index")))
    let data = try Data(
      contentsOf: URL(filePath: Fixtures.path("models/bad_files/good.data-00000-of-00001")))
    _ = try folder.write(data, to: "x.data-00000-of-00001")
    var variants = (0..<index.count).map { Data(index.prefix($0)) }
    for position in 0..<index.count {
      var bytes = index
      bytes[position] ^= UInt8(1 << (position % 8))
      variants.append(bytes)
    }
    for variant in variants {
      _ = try folder.write(variant, to: "x.index")
      do throws(StatusError) {
        _ = try TensorBundle(folder.file("x")).read("a")
      } catch {
        #expect(error.code != .internal, "\(error)")
      }
    }
  }
}
