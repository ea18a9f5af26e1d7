public import LoomCore

extension PartialShape {
  /// The shape two shapes broadcast to by numpy's rules, as far as it is known.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if known sizes differ and neither is 1.
  public func broadcast(with other: PartialShape) throws(StatusError) -> PartialShape {
    guard let rankA = rank, let rankB = other.rank else { return .unknown }
    let rank = Swift.max(rankA, rankB)
    var result: [Int?] = []
    result.reserveCapacity(rank)
    for index in 0..<rank {
      let a = index < rank - rankA ? 1 : self[index - (rank - rankA)]
      let b = index < rank - rankB ? 1 : other[index - (rank - rankB)]
      switch (a, b) {
      case (let a?, let b?):
        guard a == b || a == 1 || b == 1 else {
          throw .invalidArgument("Dimensions must be equal, but are \(a) and \(b)")
        }
        result.append(a == 1 ? b : a)
      // A size above 1 decides; 1 tells nothing of an unknown partner.
      case (let a?, nil): result.append(a == 1 ? nil : a)
      case (nil, let b?): result.append(b == 1 ? nil : b)
      case (nil, nil): result.append(nil)
      }
    }
    return PartialShape(result)
  }
}

extension ShapeFunction {
  /// The output is the broadcast of all inputs.
  public static let broadcast = ShapeFunction { context in
    var shape = context.input(0)
    for index in 1..<Swift.max(context.inputCount, 1) {
      shape = try shape.broadcast(with: context.input(index))
    }
    context.setOutput(0, shape)
  }
}
