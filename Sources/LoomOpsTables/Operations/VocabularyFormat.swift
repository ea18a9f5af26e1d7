import LoomCore
import LoomKernels
import LoomOpsSupport

/// How the lines of a file become keys and values.
struct VocabularyFormat: Sendable {
  /// What of a line becomes a key or a value.
  enum Field: Sendable, Equatable {
    case lineNumber
    case wholeLine
    case column(Int)

    init(_ index: Int) {
      switch index {
      case -2: self = .wholeLine
      case -1: self = .lineNumber
      default: self = .column(Swift.max(index, 0))
      }
    }
  }

  /// What a file holds, up to the first line that is no entry.
  struct Entries {
    var keys: TableKeys
    var values: TableValues
    var failure: StatusError?
  }

  private let key: Field
  private let value: Field
  /// The number of lines that are read and have to be there; all if `nil`.
  private let size: Int?
  private let delimiter: UInt8
  /// Added to line numbers, and to int32 fields.
  private let offset: Int64

  init(_ attributes: Attributes) throws(StatusError) {
    key = Field(try attributes.int("key_index"))
    value = Field(try attributes.int("value_index"))
    let size = try attributes.int("vocab_size")
    self.size = size < 0 ? nil : size
    let delimiter = try attributes.bytes("delimiter").bytes
    guard let first = delimiter.first, delimiter.count == 1 else {
      throw .invalidArgument("delimiter should be only 1 char")
    }
    self.delimiter = first
    offset = Int64(try attributes.int("offset"))
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if a table of these dtypes cannot be filled so.
  func check(keyType: DType, valueType: DType) throws(StatusError) {
    if key == .lineNumber, keyType != .int64 {
      throw .invalidArgument(
        "Key index for line number requires table key dtype of int64, got \(keyType)")
    }
    if key == .wholeLine, !keyType.isInteger, keyType != .string {
      throw .invalidArgument(
        "Key index for whole line requires string or integer table key, got \(keyType)")
    }
    if value == .lineNumber, valueType != .int64 {
      throw .invalidArgument(
        "Value index for line number requires table value dtype of int64, got \(valueType)")
    }
    if value == .wholeLine, !valueType.isInteger, valueType != .string {
      throw .invalidArgument(
        "Value index for whole line requires table value dtype of integer or string, got "
          + "\(valueType)")
    }
  }

  /// Reads a file.
  ///
  /// - Throws: what is wrong with the file or its first line.
  func entries(
    of path: String, keyType: DType, valueType: DType, cancellation: CancellationState
  ) throws(StatusError) -> Entries {
    let lines = try TextLines(path: path)
    var entries = Entries(
      keys: TableKeys(dtype: keyType, width: 1), values: TableValues(dtype: valueType, width: 1))
    do throws(StatusError) {
      while let line = try lines.next() {
        let number = entries.keys.count
        if let size, number >= size {
          guard number > 0 else {
            throw .outOfRange("Finished reading \(size) of lines from \(path)")
          }
          return entries
        }
        if number % 4096 == 0 { try cancellation.check() }
        try add(line, number, path, lines.position, to: &entries)
      }
      let count = entries.keys.count
      if let size, size != count {
        throw .invalidArgument("Invalid vocab_size in \(path): expected \(size) but got \(count)")
      }
      guard count > 0 else { throw .outOfRange("Read less bytes than requested") }
    } catch {
      guard entries.keys.count > 0 else { throw error }
      entries.failure = error
    }
    return entries
  }

  private func add(
    _ line: ByteString, _ number: Int, _ path: String, _ position: Int, to entries: inout Entries
  ) throws(StatusError) {
    guard !line.isEmpty else {
      throw .invalidArgument(
        "Invalid content in \(path): empty line found at position \(position).")
    }
    var columns: [ByteString] = []
    let needed = [key, value].reduce(0) { result, field in
      if case .column(let index) = field { Swift.max(result, index &+ 1) } else { result }
    }
    if needed > 0 {
      columns = line.bytes.split(separator: delimiter, omittingEmptySubsequences: false)
        .map { ByteString($0) }
      guard columns.count >= needed else {
        throw .invalidArgument(
          "Invalid number of columns in \(path) line \(number) (\(line)) : expected at least "
            + "\(needed) got \(columns.count)")
      }
    }
    let key = try element(key, line, columns, number, dtype: entries.keys.dtype)
    let value = try element(value, line, columns, number, dtype: entries.values.dtype)
    entries.keys.append(key)
    entries.values.append(value)
  }

  private func element(
    _ field: Field, _ line: ByteString, _ columns: [ByteString], _ number: Int, dtype: DType
  ) throws(StatusError) -> TableElement {
    let text: ByteString
    switch field {
    case .lineNumber: return .integer(Int64(number) &+ offset)
    case .wholeLine: text = line
    case .column(let index): text = columns[index]
    }
    switch dtype {
    case .string: return .text(text)
    case .int32:
      let value = try required(NumberParser.integer(text, Int32.self), text, number, dtype)
      return .integer(Int64(Int32(truncatingIfNeeded: Int64(value) &+ offset)))
    case .int64:
      return .integer(
        try required(NumberParser.integer(text, Int64.self), text, number, dtype))
    case .float: return .float(try required(NumberParser.float(text), text, number, dtype))
    case .double: return .double(try required(NumberParser.double(text), text, number, dtype))
    default: throw .invalidArgument("Data type \(dtype) not supported.")
    }
  }

  private func required<Value>(
    _ value: Value?, _ text: ByteString, _ line: Int, _ dtype: DType
  ) throws(StatusError) -> Value {
    guard let value else {
      throw .invalidArgument("Field \(text) in line \(line) is not a valid \(dtype).")
    }
    return value
  }
}
