import LoomCore
import LoomKernels

/// What becomes of characters that are malformed or unwanted.
struct UnicodeErrors: Sendable {
  enum Policy: String, Sendable { case strict, replace, ignore }

  let policy: Policy
  let replacement: UInt32
  let replacesControlCharacters: Bool

  init(_ construction: KernelConstruction) throws(StatusError) {
    let attributes = construction.attributes
    let name = try attributes.string("errors")
    guard let policy = Policy(rawValue: name) else {
      throw .invalidArgument(
        "errors policy must be one of 'strict', 'replace', or 'ignore', got '\(name)'")
    }
    self.policy = policy
    guard let replacement = UInt32(exactly: try attributes.int("replacement_char")),
      replacement <= 0x10_FFFF
    else {
      throw .invalidArgument("replacement_char out of unicode codepoint range")
    }
    self.replacement = replacement
    if case .bool(let value) = attributes["replace_control_characters"] {
      replacesControlCharacters = value
    } else {
      replacesControlCharacters = false
    }
  }

  /// Whether a well-formed character is replaced all the same.
  func replaces(_ scalar: UInt32) -> Bool { replacesControlCharacters && scalar <= 0x1F }

  /// What stands for a decoded character; `nil` for nothing.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if malformed bytes are not tolerated.
  func resolve(_ scalar: UInt32?) throws(StatusError) -> UInt32? {
    if scalar == nil, policy == .strict {
      throw .invalidArgument("Invalid formatting on input string")
    }
    if let scalar, !replaces(scalar) { return scalar }
    return policy == .ignore ? nil : replacement
  }
}
