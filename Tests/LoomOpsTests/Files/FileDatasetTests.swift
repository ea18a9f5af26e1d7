import LoomTestSupport
import Testing
import Weirloom

@Suite struct FileDatasetTests {
  private let recorded = Recorded(folder: "records_text")

  private func texts(_ graph: OpGraph, _ dataset: AnyOutput) throws -> [ByteString] {
    try DatasetElements.all(graph, dataset, types: [.string]).map { try $0[0].element(0) }
  }

  @Test(arguments: [("crlf.txt", "", "textline", 4), ("lines.zz", "ZLIB", "textline_zlib", 3)])
  func `lines of text files`(
    _ file: String, _ compression: String, _ wanted: String, _ count: Int
  ) throws {
    let graph = OpGraph()
    let dataset = try graph(
      "TextLineDataset",
      [graph.text(recorded.path(file)), graph.text(compression), graph.scalar(Int64(0))])[0]
    #expect(try texts(graph, dataset).map(\.string) == recorded.texts(wanted, count))
  }

  @Test(arguments: [("fixed.bin", ""), ("fixed.bin.gz", "GZIP")])
  func `records of one length`(_ file: String, _ compression: String) throws {
    let graph = OpGraph()
    let dataset = try graph(
      "FixedLengthRecordDatasetV2",
      [
        graph.texts([recorded.path(file)]), graph.scalar(Int64(4)), graph.scalar(Int64(4)),
        graph.scalar(Int64(2)), graph.scalar(Int64(0)), graph.text(compression),
      ])[0]
    let wanted = try recorded.tensor("fixedds", "string", [5]).scalars(of: ByteString.self)
    #expect(try texts(graph, dataset) == wanted)
  }

  @Test(arguments: [("", StatusError.Code.invalidArgument), ("GZIP", .dataLoss)])
  func `a file that is no multiple of the record is an error`(
    _ compression: String, _ code: StatusError.Code
  ) throws {
    let graph = OpGraph()
    let file = recorded.path(compression.isEmpty ? "fixed.bin" : "fixed.bin.gz")
    let dataset = try graph(
      "FixedLengthRecordDatasetV2",
      [
        graph.texts([file]), graph.scalar(Int64(4)), graph.scalar(Int64(3)),
        graph.scalar(Int64(2)), graph.scalar(Int64(0)), graph.text(compression),
      ])[0]
    expectFailure(code, "not an exact multiple of the record length (3 bytes)") {
      try texts(graph, dataset)
    }
  }

  @Test func `parsed examples come in the order of their features' names`() throws {
    let examples = Recorded(folder: "records_example")
    let graph = OpGraph()
    let batch = try graph.constant(
      examples.tensor("records", "string", [9]).rows(0..<7).reshaped(to: Shape([1, 7])))
    let slices = try graph(
      "TensorSliceDataset", [batch],
      ["Toutput_types": .types([.string]), "output_shapes": .shapes([[7]])])[0]
    let parsed = try graph(
      "ParseExampleDatasetV2",
      [slices, graph.scalar(Int64(2)), graph.vector([Int64]()), graph.texts([])],
      [
        "sparse_keys": .list(["tags"]), "sparse_types": .types([.string]),
        "dense_keys": .list(["id", "name"]), "Tdense": .types([.int64, .string]),
        "dense_shapes": .shapes([[], []]), "output_types": .types([.int64, .string, .variant]),
        "output_shapes": .shapes([[7], [7], [3]]),
      ])[0]
    let element = try #require(
      DatasetElements.all(graph, parsed, types: [.int64, .string, .variant]).first)
    #expect(element.count == 3)
    #expect(try element[0].difference(from: examples.tensor("id", "int64", [7])) == nil)
    #expect(try element[1].difference(from: examples.tensor("name", "string", [7])) == nil)
    let input = try graph("Placeholder", [], ["dtype": .type(.variant)])[0]
    let sparse = try graph("DeserializeSparse", [input], ["dtype": .type(.string)])
    let session = try Session(graph: graph.graph)
    let tags = try session.run(sparse, feeding: Feed(input, element[2]))
    #expect(try tags[1].difference(from: examples.tensor("tags_values", "string", [12])) == nil)
  }

  @Test func `records from an offset on`() throws {
    let records = Recorded(folder: "records_example")
    let wanted = try records.tensor("records", "string", [9]).scalars(of: ByteString.self)
    let graph = OpGraph()
    let dataset = try graph(
      "TFRecordDatasetV2",
      [
        graph.texts([records.path("plain.tfrecord")]), graph.text(""), graph.scalar(Int64(0)),
        graph.vector([Int64(wanted[0].count + 16)]),
      ])[0]
    #expect(try texts(graph, dataset) == Array(wanted.dropFirst()))
  }

  private func csv(
    _ graph: OpGraph, _ file: String, header: Bool = true, select: [Int64] = [],
    exclude: [Int64] = [], types: [DType], defaults: [AnyTensor]
  ) throws -> AnyOutput {
    try graph(
      "CSVDatasetV2",
      [
        graph.text(file), graph.text(""), graph.scalar(Int64(0)), graph.scalar(header),
        graph.text(","), graph.scalar(true), graph.text(""), graph.vector(select),
      ] + defaults.map { try graph.constant($0) } + [graph.vector(exclude)],
      [
        "output_types": .types(types), "output_shapes": .shapes(types.map { _ in [] }),
      ])[0]
  }

  @Test func `columns of CSV files with quotes and defaults`() throws {
    let graph = OpGraph()
    let types: [DType] = [.int32, .float, .string, .int32]
    let none = { (dtype: DType) in try AnyTensor.zeros(dtype: dtype, shape: Shape(vector: 0)) }
    let dataset = try csv(
      graph, recorded.path("data.csv"), types: types,
      defaults: [
        none(.int32), AnyTensor([Float(-1)], shape: Shape(vector: 1)),
        AnyTensor([ByteString()], shape: Shape(vector: 1)), none(.int32),
      ])
    let rows = try DatasetElements.all(graph, dataset, types: types)
    #expect(rows.count == 6)
    for (column, dtype) in ["int32", "float32", "string", "int32"].enumerated() {
      let wanted = try recorded.tensor("csvds_\(column)", dtype, [6])
      for row in 0..<6 {
        let value = try wanted.rows(row..<row + 1).reshaped(to: .scalar)
        #expect(try rows[row][column].difference(from: value) == nil)
      }
    }
  }

  @Test func `wrong CSV records are errors and the next record is read`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      Array("1,a\n2\nx,b\n\"3\",\"c\nd\"\r\n4,e\"f\n5,g".utf8), to: "wrong.csv")
    let graph = OpGraph()
    let types: [DType] = [.int64, .string]
    let dataset = try csv(
      graph, file, header: false, types: types,
      defaults: [
        .zeros(dtype: .int64, shape: Shape(vector: 0)),
        .zeros(dtype: .string, shape: Shape(vector: 0)),
      ])
    let ignoring = try graph(
      "IgnoreErrorsDataset", [dataset],
      ["output_types": .types(types), "output_shapes": .shapes([[], []])])[0]
    let rows = try DatasetElements.all(graph, ignoring, types: types)
    #expect(try rows.map { try $0[0].element(0, of: Int64.self) } == [1, 3, 5])
    #expect(try rows.map { try $0[1].strings[0] } == ["a", "c\nd", "g"])
    expectFailure(.invalidArgument, "Expect 2 fields but have 1") {
      try DatasetElements.all(graph, dataset, types: types)
    }
  }

  @Test(
    arguments: [
      ("tfr_cut_4.tfrecord", "", 0, nil), ("tfr_cut_11.tfrecord", "", 0, nil),
      ("tfr_cut_30.tfrecord", "", 0, "truncated record at 0"),
      ("tfr_cut_318.tfrecord", "", 3, "truncated record at 240"),
      ("tfr_data_flip.tfrecord", "", 1, "corrupted record at 92"),
      ("tfr_length_flip.tfrecord", "", 1, "corrupted record at 80"),
      ("tfr_length_crc_flip.tfrecord", "", 1, "corrupted record at 80"),
      ("tfr_empty.tfrecord", "", 0, nil), ("tfr_huge_length.tfrecord", "", 0, "truncated record"),
      ("tfr_gzip_cut.gz", "GZIP", 1, nil),
      ("tfr_plain_as_gzip.tfrecord", "GZIP", 0, "inflate() failed with error -3"),
      ("tfr_gzip_as_plain.gz", "", 0, "corrupted record at 0 (Is this even a TFRecord file?)"),
    ] as [(String, String, Int, String?)])
  func `damaged record files give what stock gives`(
    _ file: String, _ compression: String, _ count: Int, _ fault: String?
  ) throws {
    let graph = OpGraph()
    let dataset = try graph(
      "TFRecordDataset",
      [
        graph.text(Fixtures.path("models/bad_files/\(file)")), graph.text(compression),
        graph.scalar(Int64(0)),
      ])[0]
    var seen = 0
    do {
      try DatasetElements.forEach(graph, dataset, types: [.string]) { _ in seen += 1 }
      #expect(fault == nil)
    } catch let error as StatusError {
      #expect(error.code == .dataLoss)
      #expect(error.message.contains(fault ?? "no fault"), "\(error)")
    }
    #expect(seen == count)
  }

  @Test func `files are matched, read and written`() throws {
    let folder = try TemporaryFolder()
    let graph = OpGraph()
    let path = folder.file("deep/er/a.txt")
    let write = try graph.operation("WriteFile", [graph.text(path), graph.text("content")])
    let session = try Session(graph: graph.graph)
    try session.run(write)
    #expect(try session.run(graph("ReadFile", [graph.text(path)]))[0].strings == ["content"])
    let pattern = try graph.text(folder.file("*/er/?.tx[tz]"))
    #expect(try session.run(graph("MatchingFiles", [pattern]))[0].strings == [path])
    expectFailure(.notFound) { try session.run(graph("ReadFile", [graph.text("/nowhere/x")])) }
    let found = try session.run(
      graph("MatchingFiles", [graph.text(recorded.path("*.bin*"))]))[0].strings
    let both = ["fixed.bin", "fixed.bin.gz"].map { recorded.path($0) }
    #expect(found == both)
    let dataset = try graph("MatchingFilesDataset", [graph.text(recorded.path("*.bin*"))])[0]
    #expect(try texts(graph, dataset).map(\.string) == both)
  }
}
