package import LoomCore

/// The values of one feature of an example.
package enum FeatureValues: Sendable {
  case bytes([ArraySlice<UInt8>])
  case floats([Float])
  case integers([Int64])

  package var dtype: DType {
    switch self {
    case .bytes: .string
    case .floats: .float
    case .integers: .int64
    }
  }

  package var count: Int {
    switch self {
    case .bytes(let values): values.count
    case .floats(let values): values.count
    case .integers(let values): values.count
    }
  }

  /// Reads a `tensorflow.Feature`.
  ///
  /// - Returns: `nil` for a feature without a kind, which counts as missing.
  /// - Throws: ``StatusError/Code/invalidArgument`` if the bytes are damaged.
  package static func read(_ feature: ArraySlice<UInt8>) throws(StatusError) -> FeatureValues? {
    var result: FeatureValues?
    var fields = WireFields(feature)
    while let field = try fields.next() {
      guard case .bytes(let list) = field.payload else { continue }
      switch field.number {
      case 1: result = .bytes(try texts(list))
      case 2: result = .floats(try floats(list))
      case 3: result = .integers(try integers(list))
      default: break
      }
    }
    return result
  }

  private static func texts(_ list: ArraySlice<UInt8>) throws(StatusError) -> [ArraySlice<UInt8>] {
    var values: [ArraySlice<UInt8>] = []
    try WireFields.forEach(1, in: list) { values.append($0) }
    return values
  }

  /// Packed or one by one.
  private static func floats(_ list: ArraySlice<UInt8>) throws(StatusError) -> [Float] {
    var values: [Float] = []
    var fields = WireFields(list)
    while let field = try fields.next() {
      guard field.number == 1 else { continue }
      switch field.payload {
      case .fixed32(let bits): values.append(Float(bitPattern: bits))
      case .bytes(let packed):
        guard packed.count % 4 == 0 else { throw WireFields.damaged }
        var cursor = ByteCursor(packed)
        values.reserveCapacity(values.count + packed.count / 4)
        while let bits = cursor.uint32() { values.append(Float(bitPattern: bits)) }
      default: throw WireFields.damaged
      }
    }
    return values
  }

  private static func integers(_ list: ArraySlice<UInt8>) throws(StatusError) -> [Int64] {
    var values: [Int64] = []
    var fields = WireFields(list)
    while let field = try fields.next() {
      guard field.number == 1 else { continue }
      switch field.payload {
      case .varint(let bits): values.append(Int64(bitPattern: bits))
      case .bytes(let packed):
        var cursor = ByteCursor(packed)
        while !cursor.isAtEnd {
          guard let bits = cursor.varint() else { throw WireFields.damaged }
          values.append(Int64(bitPattern: bits))
        }
      default: throw WireFields.damaged
      }
    }
    return values
  }
}

/// The features of an example by name, each in wire format until somebody asks for it.
package typealias FeatureMap = [ArraySlice<UInt8>: ArraySlice<UInt8>]

/// `tensorflow.Example` and `tensorflow.SequenceExample` in wire format.
package enum ExampleMessage {
  /// The features of an `Example`. Of several of one name the last counts.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the bytes are none.
  package static func features(_ example: [UInt8]) throws(StatusError) -> FeatureMap {
    var result: FeatureMap = [:]
    try WireFields.forEach(1, in: example[...]) { features throws(StatusError) in
      try entries(features, into: &result)
    }
    return result
  }

  /// The context and the feature lists of a `SequenceExample`.
  package static func sequence(
    _ example: [UInt8]
  ) throws(StatusError) -> (context: FeatureMap, lists: FeatureMap) {
    var context: FeatureMap = [:]
    var lists: FeatureMap = [:]
    var fields = WireFields(example[...])
    while let field = try fields.next() {
      guard case .bytes(let content) = field.payload else { continue }
      switch field.number {
      case 1: try entries(content, into: &context)
      case 2: try entries(content, into: &lists)
      default: break
      }
    }
    return (context, lists)
  }

  /// The features of one `FeatureList`, a step each.
  package static func steps(
    _ list: ArraySlice<UInt8>
  ) throws(StatusError) -> [ArraySlice<UInt8>] {
    var result: [ArraySlice<UInt8>] = []
    try WireFields.forEach(1, in: list) { result.append($0) }
    return result
  }

  /// The entries of a map from names to messages.
  private static func entries(
    _ map: ArraySlice<UInt8>, into result: inout FeatureMap
  ) throws(StatusError) {
    var found: [(ArraySlice<UInt8>, ArraySlice<UInt8>)] = []
    try WireFields.forEach(1, in: map) { entry throws(StatusError) in
      var name: ArraySlice<UInt8> = []
      var value: ArraySlice<UInt8> = []
      var fields = WireFields(entry)
      while let field = try fields.next() {
        guard case .bytes(let content) = field.payload else { continue }
        if field.number == 1 { name = content }
        if field.number == 2 { value = content }
      }
      found.append((name, value))
    }
    for (name, value) in found { result[name] = value }
  }
}
