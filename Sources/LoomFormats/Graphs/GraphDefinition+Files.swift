internal import FoundationEssentials
public import LoomCore
public import LoomGraph
internal import LoomProto
internal import SwiftProtobuf

extension GraphDefinition {
  /// Reads a GraphDef in wire format.
  ///
  /// - Parameter budget: bounds the memory of the constants.
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are no GraphDef;
  ///   ``StatusError/Code/invalidArgument`` if something in it can't be read;
  ///   ``StatusError/Code/resourceExhausted`` beyond the budget.
  public init(serialized bytes: [UInt8], budget: MemoryBudget = .files) throws(StatusError) {
    try self.init(Wire.decode(Tensorflow_GraphDef.self, Data(bytes)), budget: budget)
  }

  /// Reads a GraphDef in text format.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the text is no GraphDef or something in it
  ///   can't be read; ``StatusError/Code/resourceExhausted`` beyond the budget.
  public init(text: String, budget: MemoryBudget = .files) throws(StatusError) {
    try self.init(Wire.decodeText(Tensorflow_GraphDef.self, text), budget: budget)
  }

  /// Reads a GraphDef from a file: text format where the name ends in "txt", wire format otherwise.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is no such file; what ``init(serialized:budget:)``
  ///   and ``init(text:budget:)`` throw.
  public init(contentsOf path: String, budget: MemoryBudget = .files) throws(StatusError) {
    let bytes = try readFile(path)
    if path.hasSuffix("txt") {
      try self.init(text: String(decoding: bytes, as: UTF8.self), budget: budget)
    } else {
      try self.init(Wire.decode(Tensorflow_GraphDef.self, bytes), budget: budget)
    }
  }

  /// The GraphDef in wire format.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` beyond 2 GiB.
  public func serialized() throws(StatusError) -> [UInt8] {
    Array(try Wire.encode(try Tensorflow_GraphDef(self)))
  }

  /// The GraphDef in text format.
  public func text() throws(StatusError) -> String {
    try Tensorflow_GraphDef(self).textFormatString()
  }
}
