import LoomCore

// Without short-circuiting, so that the loops vectorise: a Bool is a byte of 0 or 1.

private enum AndBody: BinaryBody {
  static var cost: Double { 0.2 }
  static func apply(_ a: UInt8, _ b: UInt8) -> UInt8 { a & b }
}

private enum OrBody: BinaryBody {
  static var cost: Double { 0.2 }
  static func apply(_ a: UInt8, _ b: UInt8) -> UInt8 { a | b }
}

private enum NotBody: UnaryBody {
  static var cost: Double { 0.2 }
  static func apply(_ x: Bool) -> Bool { !x }
}

extension KernelTable {
  package static let logicalAnd = KernelTable { _ in
    specialized(BinaryKernel<AndBody>(input: .bool, output: .bool))
  }
  package static let logicalOr = KernelTable { _ in
    specialized(BinaryKernel<OrBody>(input: .bool, output: .bool))
  }
  package static let logicalNot = KernelTable { _ in specialized(UnaryKernel<NotBody>()) }
}
