public import LoomCore
import Synchronization

/// The state of a variable, of either generation. Thread-safe.
///
/// Readers get a snapshot that shares memory with the variable; a writer changes the memory in place
/// only if no snapshot is left, and copies otherwise.
public final class VariableCell: Resource {
  public let name: String
  public let container: String
  public let dtype: DType
  private let value: Mutex<AnyTensor?>

  public init(name: String, container: String = "localhost", dtype: DType, value: AnyTensor? = nil)
  {
    self.name = name
    self.container = container
    self.dtype = dtype
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
    guard let tensor = current else {
      throw .failedPrecondition("Attempting to use uninitialized value \(name)")
    }
    return tensor
  }

  public func assign(_ tensor: AnyTensor) { value.withLock { $0 = tensor } }

  public func clear() { value.withLock { $0 = nil } }

  /// Changes the value under the variable's lock; what it throws leaves the value as `body` left it.
  public func update<R: Sendable>(
    _ body: (inout AnyTensor?) throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try value.withLock { (value: inout sending AnyTensor?) throws(StatusError) -> R in
      try body(&value)
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
      guard value != nil else {
        throw .failedPrecondition("Attempting to use uninitialized value \(self.name)")
      }
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
    guard var tensor = value else {
      throw .failedPrecondition("Attempting to use uninitialized value")
    }
    value = nil
    if tensor.isUniquelyOwned() {
      value = tensor
      return tensor
    }
    value = tensor
    let fresh = try copy(of: tensor, as: Scalar.self, budget: budget)
    value = fresh
    return fresh
  }

  private static func copy<Scalar: TensorScalar>(
    of tensor: AnyTensor, as type: Scalar.Type, budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    var copy = try MutableTensor<Scalar>(shape: tensor.shape, budget: budget)
    let source = try tensor.span(of: Scalar.self)
    var target = copy.mutableSpan
    for index in 0..<source.count { target[index] = source[index] }
    return copy.finish()
  }
}
