import LoomCore
import LoomKernels

extension VariableCell {
  /// Runs an update with this variable locked and initialised.
  ///
  /// - Throws: what TensorFlow answers while uninitialised: `failedPrecondition` for references,
  ///   `notFound` for resources; what `body` throws.
  func change(
    isReference: Bool, _ body: (inout LockedVariables) throws(StatusError) -> Void
  ) throws(StatusError) {
    var cells = InlineArray<4, VariableCell?>(repeating: nil)
    cells[0] = self
    try VariableCell.withLocks(on: cells, count: 1) { (locked) throws(StatusError) in
      guard locked[0] != nil || isReference else { throw self.missing() }
      try body(&locked)
    }
  }
}

/// Allowed dtypes as signatures spell them.
enum SignatureTypes {
  static let numbers =
    "{float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, "
    + "qint16, quint16, uint16, complex128, half, uint32, uint64}"
}
