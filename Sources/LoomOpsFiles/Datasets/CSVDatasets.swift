import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsData
import LoomOpsSupport

private let inputs = [
  "filenames: string", "compression_type: string", "buffer_size: int64", "header: bool",
  "field_delim: string", "use_quote_delim: bool", "na_value: string", "select_cols: int64",
  "record_defaults: output_types",
]
private let attributes = [
  "output_types: list({float, double, int32, int64, string}) >= 1",
  "output_shapes: list(shape) >= 1",
]

/// The records of CSV files (RFC 4180), a component for each column.
enum CSVDataset: DatasetOp {
  static let signature = OpSignature(
    "CSVDataset", inputs: inputs, outputs: ["handle: variant"], attributes: attributes,
    isStateful: true)
  static let scalarInputs = Array(1..<7)
  static let vectorInputs = [7]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let elements = try ElementSpecification(node.attributes)
    return DatasetMaker { context in
      try CSVLayout.dataset(context, elements, excludesColumns: false)
    }
  }
}

enum CSVDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "CSVDatasetV2", inputs: inputs + ["exclude_cols: int64"], outputs: ["handle: variant"],
    attributes: attributes, isStateful: true)
  static let scalarInputs = Array(1..<7)
  static let vectorInputs = [7]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let elements = try ElementSpecification(node.attributes)
    return DatasetMaker { context in
      try CSVLayout.dataset(context, elements, excludesColumns: true)
    }
  }
}

/// How the records of CSV files are to be read.
struct CSVLayout: Sendable {
  var types: [DType]
  /// A value or, for columns that must not be empty, none.
  var defaults: [AnyTensor]
  var delimiter: UInt8
  var usesQuotes: Bool
  var missing: [UInt8]
  var selected: [Int]
  var excluded: Set<Int>

  static func dataset(
    _ context: borrowing KernelContext, _ elements: ElementSpecification, excludesColumns: Bool
  ) throws(StatusError) -> any DatasetValue {
    let files = try context.fileNames()
    let compression = try context.compression(1)
    let chunk = try context.bufferSize(2)
    let hasHeader = try context.argument(3, "header", of: Bool.self)
    let delimiter = try context.argument(4, "field_delim", of: ByteString.self)
    guard delimiter.count == 1, let delimiter = delimiter.bytes.first else {
      throw .invalidArgument("field_delim should be only 1 char")
    }
    let count = elements.count
    guard context.inputCount >= 8 + count else { throw .internal("Defaults are missing") }
    let excluded =
      excludesColumns ? try columns(context, 8 + count, "exclude_cols") : []
    let layout = CSVLayout(
      types: elements.types.map(\.base), defaults: try context.inputs(8..<8 + count),
      delimiter: delimiter, usesQuotes: try context.argument(5, "use_quote_delim"),
      missing: try context.argument(6, "na_value", of: ByteString.self).bytes,
      selected: try columns(context, 7, "select_cols"), excluded: Set(excluded))
    try layout.check()
    return FileDataset(count: files.count, elements: elements) { index in
      let stream = try ByteStream(files[index], compression: compression, chunk: chunk)
      return try CSVStream(stream, layout, hasHeader: hasHeader)
    }
  }

  /// Columns in increasing order.
  private static func columns(
    _ context: borrowing KernelContext, _ index: Int, _ name: String
  ) throws(StatusError) -> [Int] {
    let columns = try context.vectorArgument(index, name, of: Int64.self).map(Int.init)
    for (position, column) in columns.enumerated() {
      guard column >= 0 else {
        throw .invalidArgument("\(name) should be non-negative indices")
      }
      guard position == 0 || columns[position - 1] < column else {
        throw .invalidArgument("\(name) should be strictly increasing indices")
      }
    }
    return columns
  }

  private func check() throws(StatusError) {
    for (index, value) in defaults.enumerated() {
      guard value.shape.rank <= 1 else {
        throw .invalidArgument("Each record default should be at most rank 1")
      }
      guard value.elementCount < 2 else {
        throw .invalidArgument(
          "There should only be 1 default per field but field \(index) has \(value.elementCount)")
      }
      guard value.dtype == types[index] else {
        throw .invalidArgument(
          "The default of field \(index) is \(value.dtype), expected \(types[index])")
      }
    }
    guard selected.isEmpty || excluded.isEmpty else {
      throw .invalidArgument("select_cols and exclude_cols cannot both be given")
    }
    guard selected.isEmpty || selected.count == types.count else {
      throw .invalidArgument("select_cols should match output size")
    }
  }
}

private final class CSVStream: ElementStream {
  private let stream: ByteStream
  private let layout: CSVLayout

  private static let quote = UInt8(ascii: "\"")
  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  init(_ stream: ByteStream, _ layout: CSVLayout, hasHeader: Bool) throws(StatusError) {
    self.stream = stream
    self.layout = layout
    if hasHeader {
      guard try stream.readLine() != nil else {
        throw .invalidArgument("Can't read header of file")
      }
    }
  }

  func next() throws(StatusError) -> [AnyTensor]? {
    if try stream.isAtEnd() { return nil }
    var fields: [[UInt8]] = []
    var column = 0
    var isLast = false
    do throws(StatusError) {
      while !isLast {
        let field: [UInt8]
        (field, isLast) = try readField()
        let isWanted =
          layout.selected.isEmpty
          ? !layout.excluded.contains(column)
          : fields.count < layout.selected.count && layout.selected[fields.count] == column
        if isWanted { fields.append(field) }
        column += 1
      }
    } catch {
      // The rest of the line belongs to the record that is wrong.
      _ = try stream.readLine()
      throw error
    }
    guard fields.count == layout.types.count else {
      throw .invalidArgument(
        "Expect \(layout.types.count) fields but have \(fields.count) in record")
    }
    var element: [AnyTensor] = []
    for (index, field) in fields.enumerated() { element.append(try value(index, field)) }
    return element
  }

  /// One field, and whether the record ends behind it.
  private func readField() throws(StatusError) -> (field: [UInt8], isLast: Bool) {
    var field: [UInt8] = []
    if layout.usesQuotes, try stream.peek() == CSVStream.quote {
      _ = try stream.readByte()
      while true {
        guard let byte = try stream.readByte() else {
          throw .invalidArgument("Reached end of file without closing quoted field in record")
        }
        guard byte == CSVStream.quote else {
          field.append(byte)
          continue
        }
        guard try stream.peek() == CSVStream.quote else { break }
        field.append(byte)
        _ = try stream.readByte()
      }
      guard let isLast = try fieldEnd(stream.readByte()) else {
        throw .invalidArgument("Quote inside a string has to be escaped by another quote")
      }
      return (field, isLast)
    }
    while true {
      let byte = try stream.readByte()
      if let isLast = try fieldEnd(byte) { return (field, isLast) }
      guard let byte, !(layout.usesQuotes && byte == CSVStream.quote) else {
        throw .invalidArgument("Unquoted fields cannot have quotes inside")
      }
      field.append(byte)
    }
  }

  /// Whether the record ends with this byte; `nil` if not even the field does.
  private func fieldEnd(_ byte: UInt8?) throws(StatusError) -> Bool? {
    guard let byte else { return true }
    if byte == layout.delimiter { return false }
    if byte == CSVStream.newline { return true }
    guard byte == CSVStream.carriageReturn else { return nil }
    if try stream.peek() == CSVStream.newline { _ = try stream.readByte() }
    return true
  }

  private func value(_ index: Int, _ field: [UInt8]) throws(StatusError) -> AnyTensor {
    if field.isEmpty || field == layout.missing {
      let fallback = layout.defaults[index]
      guard fallback.elementCount == 1 else {
        throw .invalidArgument("Field \(index) is required but missing in record!")
      }
      return try fallback.reshaped(to: .scalar)
    }
    let text = ByteString(bytes: field)
    switch layout.types[index] {
    case .int32:
      if let number = NumberParser.integer(text, Int32.self) { return try .init(scalar: number) }
    case .int64:
      if let number = NumberParser.integer(text, Int64.self) { return try .init(scalar: number) }
    case .float: if let number = NumberParser.float(text) { return try .init(scalar: number) }
    case .double: if let number = NumberParser.double(text) { return try .init(scalar: number) }
    case .string: return try .init(scalar: text)
    default: break
    }
    throw .invalidArgument(
      "Field \(index) in record is not a valid \(layout.types[index]): \(text)")
  }
}
