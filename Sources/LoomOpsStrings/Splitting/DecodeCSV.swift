import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The fields of records in CSV (RFC 4180), each as a tensor.
public enum DecodeCSV: OpDeclaration {
  public static let signature = OpSignature(
    "DecodeCSV", inputs: ["records: string", "record_defaults: OUT_TYPE"],
    outputs: ["output: OUT_TYPE"],
    attributes: [
      "OUT_TYPE: list({float, double, int32, int64, string}) >= 1",
      "field_delim: string = \",\"",
      "use_quote_delim: bool = true",
      "na_value: string = \"\"",
      "select_cols: list(int) = []",
    ])
  public static let shapes = ShapeFunction { context in
    for index in 1..<Swift.max(context.inputCount, 1) {
      let shape = try context.requireRank(index, atMost: 1)
      if let size = shape[0], size > 1 {
        throw StatusError.invalidArgument(
          "Shape of a default must be a length-0 or length-1 vector, or a scalar.")
      }
    }
    for index in 0..<context.outputCount { context.setOutput(index, context.input(0)) }
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { try DecodeCSVKernel($0) }
}

private final class DecodeCSVKernel: Kernel {
  let types: [DType]
  let fields: RecordFields
  let missing: [UInt8]

  init(_ construction: KernelConstruction) throws(StatusError) {
    let attributes = construction.attributes
    types = construction.outputTypes.map(\.base)
    let delimiter = try attributes.bytes("field_delim").bytes
    guard delimiter.count == 1, let delimiter = delimiter.first else {
      throw .invalidArgument("field_delim should be only 1 char")
    }
    let selected = try attributes.ints("select_cols")
    guard selected.isEmpty || selected.count == types.count else {
      throw .invalidArgument("select_cols should match output size")
    }
    for (index, column) in selected.enumerated() {
      guard column >= 0 else {
        throw .invalidArgument("select_cols should be non-negative indices")
      }
      guard index == 0 || selected[index - 1] < column else {
        throw .invalidArgument("select_cols should be strictly increasing indices")
      }
    }
    fields = RecordFields(
      delimiter: delimiter, usesQuotes: try attributes.bool("use_quote_delim"),
      selected: selected)
    missing = try attributes.bytes("na_value").bytes
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let records = try context.input(0)
    let texts = try records.scalars(of: ByteString.self)
    for index in types.indices {
      let given = try context.input(index + 1)
      guard given.shape.rank <= 1 else {
        throw .invalidArgument("Each record default should be at most rank 1")
      }
      guard given.elementCount < 2 else {
        throw .invalidArgument(
          "There should only be 1 default per field but field \(index) has "
            + "\(given.elementCount)")
      }
    }
    var columns = [[[UInt8]]](repeating: [], count: types.count)
    for (row, text) in texts.enumerated() {
      let found = try fields.split(text.bytes)
      guard found.count == types.count else {
        throw .invalidArgument(
          "Expect \(types.count) fields but have \(found.count) in record \(row)")
      }
      for (column, field) in found.enumerated() { columns[column].append(field) }
    }
    for (index, dtype) in types.enumerated() {
      let column = columns[index]
      switch dtype {
      case .int32:
        try set(index, column, records.shape, context) { NumberParser.integer($0, Int32.self) }
      case .int64:
        try set(index, column, records.shape, context) { NumberParser.integer($0, Int64.self) }
      case .float:
        try set(index, column, records.shape, context) { NumberParser.float($0) }
      case .double:
        try set(index, column, records.shape, context) { NumberParser.double($0) }
      case .string:
        try set(index, column, records.shape, context) { (text) -> ByteString? in text }
      default:
        throw .invalidArgument("csv: data type \(dtype) not supported in field \(index)")
      }
    }
  }

  private func set<Scalar: TensorScalar>(
    _ index: Int, _ column: [[UInt8]], _ shape: Shape, _ context: borrowing KernelContext,
    _ parse: (ByteString) -> Scalar?
  ) throws(StatusError) {
    let given = try context.input(index + 1).scalars(of: Scalar.self).first
    try context.makeOutput(index, of: Scalar.self, shape: shape) { output throws(StatusError) in
      for (row, field) in column.enumerated() {
        if field.isEmpty || field == missing {
          guard let given else {
            throw .invalidArgument("Field \(index) is required but missing in record \(row)!")
          }
          output[row] = given
        } else if let value = parse(ByteString(bytes: field)) {
          output[row] = value
        } else {
          throw .invalidArgument(
            "Field \(index) in record \(row) is not a valid \(Scalar.dtype): "
              + ByteString(bytes: field).string)
        }
      }
    }
  }
}

/// Splits one record into its fields.
struct RecordFields: Sendable {
  let delimiter: UInt8
  let usesQuotes: Bool
  /// The columns wanted; all if empty.
  let selected: [Int]

  private static let quote = UInt8(ascii: "\"")

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  func split(_ record: [UInt8]) throws(StatusError) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var position = 0
    var count = 0
    func isWanted() -> Bool {
      selected.isEmpty || (result.count < selected.count && selected[result.count] == count)
    }
    while position < record.count {
      if RecordFields.isLineEnd(record[position]) {
        position += 1
        continue
      }
      var field: [UInt8] = []
      if usesQuotes, record[position] == RecordFields.quote {
        position += 1
        field = try quoted(record, &position)
      } else {
        while position < record.count, record[position] != delimiter {
          let byte = record[position]
          guard !(usesQuotes && byte == RecordFields.quote), !RecordFields.isLineEnd(byte) else {
            throw .invalidArgument("Unquoted fields cannot have quotes/CRLFs inside")
          }
          field.append(byte)
          position += 1
        }
        position += 1
      }
      if isWanted() {
        result.append(field)
        if result.count == selected.count { return result }
      }
      count += 1
    }
    // A delimiter at the end has an empty field behind it.
    if record.last == delimiter, isWanted() { result.append([]) }
    return result
  }

  /// The field that begins at the position, behind its quote; moves the position behind its delimiter.
  private func quoted(
    _ record: [UInt8], _ position: inout Int
  ) throws(StatusError) -> [UInt8] {
    var field: [UInt8] = []
    while position < record.count - 1,
      record[position] != RecordFields.quote || record[position + 1] != delimiter
    {
      if record[position] != RecordFields.quote {
        field.append(record[position])
        position += 1
      } else {
        guard record[position + 1] == RecordFields.quote else {
          throw .invalidArgument("Quote inside a string has to be escaped by another quote")
        }
        field.append(RecordFields.quote)
        position += 2
      }
    }
    guard position < record.count, record[position] == RecordFields.quote,
      position == record.count - 1 || record[position + 1] == delimiter
    else {
      throw .invalidArgument("Quoted field has to end with quote followed by delim or end")
    }
    position += 2
    return field
  }
}
