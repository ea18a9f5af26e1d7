import LoomCore

/// A parsed equation such as `...ij,jk->...ik`.
struct EinsumEquation: Sendable {
  /// The subscripts of each input and of the output, as they are written.
  let inputs: [[Character]]
  let output: [Character]

  /// - Throws: ``StatusError/Code/invalidArgument`` for anything but one or two inputs, letters and at
  ///   most one ellipsis in each part.
  init(_ equation: String) throws(StatusError) {
    let characters = Array(equation)
    var arrows: [Int] = []
    for index in characters.indices.dropLast()
    where characters[index] == "-" && characters[index + 1] == ">" {
      arrows.append(index)
    }
    guard arrows.count == 1 else {
      throw .invalidArgument("Expecting exactly one '->' in einsum equation: \(equation)")
    }
    let left = Array(characters[..<arrows[0]])
    output = Array(characters[(arrows[0] + 2)...])
    inputs = left.split(separator: ",", omittingEmptySubsequences: false).map { Array($0) }
    guard inputs.count == 1 || inputs.count == 2 else {
      throw .invalidArgument(
        "Expecting 1 or 2 input subscripts in equation '\(equation)' but got: \(inputs.count)")
    }
    for subscripts in inputs + [output] { try EinsumEquation.check(subscripts) }
    for label in output where label != "." && !inputs.contains(where: { $0.contains(label) }) {
      throw .invalidArgument(
        "Einsum output subscripts for equation '\(equation)' has label '\(label)' which is not "
          + "present in the input subscripts")
    }
  }

  private static func check(_ subscripts: [Character]) throws(StatusError) {
    let dots = subscripts.indices.filter { subscripts[$0] == "." }
    guard dots.isEmpty || (dots.count == 3 && dots[2] - dots[0] == 2) else {
      throw .invalidArgument(
        "Periods found outside of ellipsis in subscript: \(String(subscripts))")
    }
    for label in subscripts where label != "." && !(label.isASCII && label.isLetter) {
      throw .invalidArgument("Invalid label '\(label)' in subscript: \(String(subscripts))")
    }
  }

  /// The labels of a tensor of the given rank. Dimensions of the ellipsis get numbers from the right,
  /// so that those of two tensors meet as in broadcasting.
  ///
  /// - Returns: `nil` if the rank does not fit.
  static func labels(_ subscripts: [Character], rank: Int) -> [EinsumLabel]? {
    guard let dots = subscripts.firstIndex(of: ".") else {
      return subscripts.count == rank ? subscripts.map { .named($0) } : nil
    }
    let before = subscripts[..<dots]
    let after = subscripts[(dots + 3)...]
    let hidden = rank - before.count - after.count
    guard hidden >= 0 else { return nil }
    return before.map { .named($0) } + (0..<hidden).map { .hidden(hidden - 1 - $0) }
      + after.map { .named($0) }
  }
}

/// A dimension of an einsum.
enum EinsumLabel: Hashable, Sendable {
  case named(Character)
  /// A dimension of the ellipsis, counted from its right end.
  case hidden(Int)
}
