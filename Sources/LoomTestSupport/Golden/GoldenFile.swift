import Foundation
public import LoomCore
import LoomFormats
public import LoomGraph
import LoomProto
import SwiftProtobuf

/// The life of one session of stock TensorFlow: a graph, and what was run on it with which answers.
public struct GoldenCase: Sendable {
  public let name: String
  public let group: String
  public let steps: [Step]
  /// Floating-point elements match within `atol + rtol * |expected|`.
  public let tolerance: Tolerance
  /// Op types that the steps need.
  public let ops: [String]
  /// The GraphDef in wire format.
  public let graphBytes: [UInt8]

  /// The graph.
  public func graph() throws(StatusError) -> GraphDefinition {
    try GraphDefinition(serialized: graphBytes)
  }

  public enum Kind: Sendable {
    case run
    case partialRunSetup
    case partialRun
  }

  /// One call of the session.
  public struct Step: Sendable {
    public let kind: Kind
    /// Tensor names with serialized values; the values are empty in a partial run's setup.
    public let feeds: [(name: String, value: [UInt8])]
    public let fetches: [String]
    public let targets: [String]
    /// Serialized values of the fetches; empty for a step that fails.
    public let results: [[UInt8]]
    /// How the step fails; `nil` for success.
    public let error: StatusError.Code?
    /// What TensorFlow said, for people.
    public let errorMessage: String

    /// The fed values by tensor name.
    public func feedValues() throws(StatusError) -> [String: AnyTensor] {
      var values: [String: AnyTensor] = [:]
      for feed in feeds { values[feed.name] = try GoldenFile.tensor(feed.value) }
      return values
    }

    /// The expected values, in the order of ``fetches``.
    public func expected() throws(StatusError) -> [AnyTensor] {
      var values: [AnyTensor] = []
      for result in results { values.append(try GoldenFile.tensor(result)) }
      return values
    }
  }
}

extension GoldenCase: CustomStringConvertible {
  public var description: String { name }
}

/// Reads files of recorded sessions: records of a length as a varint and so many bytes.
public enum GoldenFile {
  /// Names of the groups that there are files for.
  public static var groups: [String] {
    Fixtures.names(in: "golden").compactMap {
      $0.hasSuffix(".golden") ? String($0.dropLast(".golden".count)) : nil
    }
  }

  /// The cases of a group.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is no such file, ``StatusError/Code/dataLoss``
  ///   if it is damaged.
  public static func cases(_ group: String) throws(StatusError) -> [GoldenCase] {
    let bytes = try readFile(Fixtures.path("golden/\(group).golden"))
    var result: [GoldenCase] = []
    var position = bytes.startIndex
    while position < bytes.endIndex {
      var length = 0
      var shift = 0
      repeat {
        guard position < bytes.endIndex, shift < 56 else { throw damaged(group) }
        length |= Int(bytes[position] & 0x7f) << shift
        shift += 7
        position += 1
      } while bytes[position - 1] >= 0x80
      guard length <= bytes.endIndex - position else { throw damaged(group) }
      let record = bytes[position..<position + length]
      result.append(GoldenCase(try Wire.decode(Golden_Case.self, record)))
      position += length
    }
    return result
  }

  static func tensor(_ bytes: [UInt8]) throws(StatusError) -> AnyTensor {
    try AnyTensor(Wire.decode(Tensorflow_TensorProto.self, Data(bytes)))
  }

  private static func damaged(_ group: String) -> StatusError {
    StatusError(.dataLoss, "The file of golden cases '\(group)' is cut off")
  }
}

extension GoldenCase {
  init(_ message: Golden_Case) {
    name = message.name
    group = message.group
    steps = message.step.map { step in
      Step(
        kind: step.kind == .partialRunSetup
          ? .partialRunSetup : step.kind == .partialRun ? .partialRun : .run,
        feeds: step.feed.map { (name: $0.name, value: Array($0.tensor)) }, fetches: step.fetch,
        targets: step.target, results: step.result.map { Array($0) },
        error: step.errorCode == 0 ? nil : StatusError.Code(rawValue: step.errorCode) ?? .unknown,
        errorMessage: step.errorMessage)
    }
    tolerance = Tolerance(relative: message.rtol, absolute: message.atol)
    ops = message.op
    graphBytes = Array(message.graphDef)
  }
}
