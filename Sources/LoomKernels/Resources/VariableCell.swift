public import LoomCore
import Synchronization

/// The state of a variable, of either generation. Thread-safe.
///
/// Readers get a snapshot that shares memory with the variable; a writer changes the memory in place
/// only if no snapshot is left, and copies otherwise. So nobody ever sees half an update.
public final class VariableCell: Resource {
  public let name: String
  public let container: String
  public let dtype: DType
  /// The shape the variable was declared with; a later value may have another.
  public let declaredShape: PartialShape
  let value: Mutex<AnyTensor?>

  public init(
    name: String, container: String = "localhost", dtype: DType,
    declaredShape: PartialShape = .unknown, value: AnyTensor? = nil
  ) {
    self.name = name
    self.container = container
    self.dtype = dtype
    self.declaredShape = declaredShape
    self.value = Mutex(value)
  }

  public var summary: String {
    "variable \(name) \(dtype)\(value.withLock { $0?.shape.description } ?? " (uninitialized)")"
  }

  public var isInitialized: Bool { value.withLock { $0 != nil } }

  /// The value, if there is one.
  public var current: AnyTensor? { value.withLock { $0 } }

  /// The value.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` while uninitialised.
  public func read() throws(StatusError) -> AnyTensor {
    guard let tensor = current else { throw uninitialized() }
    return tensor
  }

  /// What TensorFlow answers when a reference variable without a value is used.
  @inline(never)
  public func uninitialized() -> StatusError {
    .failedPrecondition("Attempting to use uninitialized value \(name)")
  }

  /// Makes `tensor` the value. Its memory is shared, not copied, unless it is borrowed from a caller
  /// or a small part of a large buffer.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the dtype is not the variable's;
  ///   ``StatusError/Code/resourceExhausted`` if a copy can't be had.
  public func assign(
    _ tensor: AnyTensor, budget: MemoryBudget = .unlimited
  ) throws(StatusError) {
    guard tensor.dtype == dtype else {
      throw .invalidArgument(
        "Trying to assign variable with wrong dtype. Expected \(dtype) got \(tensor.dtype)")
    }
    let kept = try tensor.kept(budget: budget)
    // The old value is released outside the lock: freeing large memory takes time.
    let old = value.withLock { value in
      defer { value = kept }
      return value
    }
    _ = old
  }

  /// Makes the variable uninitialised.
  public func clear() {
    let old = value.withLock { $0.take() }
    _ = old
  }

  /// Changes the value under the variable's lock; what it throws leaves the value as `body` left it.
  public func update<R: Sendable>(
    _ body: (inout AnyTensor?) throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try value.withLock { (value: inout sending AnyTensor?) throws(StatusError) -> R in
      try body(&value)
    }
  }

  /// Calls `body` with the value under the variable's lock, in memory that is free to write: what a
  /// reader still holds is copied first. For updates of this variable alone.
  ///
  /// - Parameter missing: the error while uninitialised.
  public func updateInPlace(
    budget: MemoryBudget, missing: () -> StatusError,
    _ body: (borrowing AnyTensor) throws(StatusError) -> Void
  ) throws(StatusError) {
    try value.withLock { (value: inout sending AnyTensor?) throws(StatusError) in
      guard value != nil else { throw missing() }
      try value.makeExclusive(budget: budget)
      if let tensor = value { try body(tensor) }
    }
  }

  /// Changes the elements in place, copying them first if a reader still holds them.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` while uninitialised, `internal` for another
  ///   dtype; what `body` throws.
  public func mutate<Scalar: TensorScalar, R: Sendable>(
    as type: Scalar.Type, budget: MemoryBudget = .unlimited,
    _ body: (inout MutableSpan<Scalar>, Shape) throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try update { (value) throws(StatusError) -> R in
      guard value != nil else { throw self.uninitialized() }
      let owned = try VariableCell.exclusive(&value, as: type, budget: budget)
      var tensor = try MutableTensor<Scalar>(exclusive: owned)
      let shape = tensor.shape
      var span = tensor.mutableSpan
      return try body(&span, shape)
    }
  }

  /// The tensor in `value`, copied if someone else holds its memory, and left there.
  public static func exclusive<Scalar: TensorScalar>(
    _ value: inout AnyTensor?, as type: Scalar.Type, budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    try value.makeExclusive(budget: budget)
    guard let tensor = value else {
      throw .failedPrecondition("Attempting to use uninitialized value")
    }
    return tensor
  }
}

extension AnyTensor? {
  /// Copies the tensor if someone else holds its memory.
  mutating func makeExclusive(budget: MemoryBudget) throws(StatusError) {
    // Asked in place: a tensor taken out would be moved twice in every update.
    guard self?.isUniquelyOwned() == false else { return }
    // What cannot be copied stays the value.
    self = try self?.copied(budget: budget)
  }
}

/// A variable of TensorFlow's first generation, as sessions keep it: apart from the resource
/// variables, which have names of their own.
public final class ReferenceVariable: Resource {
  public let cell: VariableCell

  public init(_ cell: VariableCell) { self.cell = cell }

  public var summary: String { "reference " + cell.summary }
}
