/// What went wrong, with one of TensorFlow's sixteen canonical codes.
///
/// Wire-compatible in its code and message; the first line of ``message`` says what was expected and
/// what was found. The executor adds the node once, so kernels never format node names.
public struct StatusError: Error, Sendable {
  /// TensorFlow's canonical codes (`tensorflow.error.Code`).
  public enum Code: Int32, Sendable, Hashable, CaseIterable {
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16
  }

  /// The graph node whose kernel or shape function failed.
  public struct Node: Sendable, Hashable {
    public let name: String
    public let op: String

    public init(name: String, op: String) {
      self.name = name
      self.op = op
    }
  }

  // One box keeps the error a single word on every throwing path.
  private final class Storage: Sendable {
    let code: Code
    let text: String
    let node: Node?

    init(code: Code, text: String, node: Node?) {
      self.code = code
      self.text = text
      self.node = node
    }
  }

  private let storage: Storage

  public init(_ code: Code, _ message: String, node: Node? = nil) {
    storage = Storage(code: code, text: message, node: node)
  }

  public var code: Code { storage.code }

  /// The node the fault belongs to, if one is known.
  public var node: Node? { storage.node }

  /// The fault without the node's tail.
  public var reason: String { storage.text }

  /// The fault as TensorFlow words it: the reason, then `[[{{node NAME}}]]` when the node is known.
  public var message: String {
    guard let node = storage.node else { return storage.text }
    return storage.text + "\n\t [[{{node \(node.name)}}]]"
  }

  /// The same error, naming the node unless a deeper one is named already.
  public func located(at node: Node) -> StatusError {
    storage.node == nil ? StatusError(storage.code, storage.text, node: node) : self
  }

  /// The same error with a prefix before its reason.
  public func prefixed(_ prefix: String) -> StatusError {
    StatusError(storage.code, prefix + storage.text, node: storage.node)
  }

  /// Wraps any error: a `StatusError` stays as it is, everything else becomes `unknown`.
  public static func wrapping(_ error: any Error) -> StatusError {
    if let status = error as? StatusError { return status }
    if error is CancellationError { return StatusError(.cancelled, "The task was cancelled.") }
    return StatusError(.unknown, String(describing: error))
  }
}

extension StatusError: CustomStringConvertible {
  public var description: String { "\(code.name): \(message)" }
}

extension StatusError: Equatable {
  public static func == (a: StatusError, b: StatusError) -> Bool {
    a.code == b.code && a.reason == b.reason && a.node == b.node
  }
}

extension StatusError.Code {
  /// TensorFlow's name of the code, such as `INVALID_ARGUMENT`.
  public var name: String {
    switch self {
    case .cancelled: "CANCELLED"
    case .unknown: "UNKNOWN"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internal: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    }
  }
}

extension StatusError {
  // Built out of line so that message code stays off hot paths.
  @inline(never) public static func invalidArgument(_ message: String) -> StatusError {
    StatusError(.invalidArgument, message)
  }
  @inline(never) public static func failedPrecondition(_ message: String) -> StatusError {
    StatusError(.failedPrecondition, message)
  }
  @inline(never) public static func notFound(_ message: String) -> StatusError {
    StatusError(.notFound, message)
  }
  @inline(never) public static func unimplemented(_ message: String) -> StatusError {
    StatusError(.unimplemented, message)
  }
  @inline(never) public static func `internal`(_ message: String) -> StatusError {
    StatusError(.internal, message)
  }
  @inline(never) public static func outOfRange(_ message: String) -> StatusError {
    StatusError(.outOfRange, message)
  }
  @inline(never) public static func resourceExhausted(_ message: String) -> StatusError {
    StatusError(.resourceExhausted, message)
  }
}
