import FoundationEssentials
public import LoomCore
import LoomProto

/// The operations that keep a queue filled, by name (`tensorflow.QueueRunnerDef`); the items of a meta
/// graph's collection `queue_runners`.
public struct QueueRunnerDefinition: Sendable, Hashable {
  /// The name of the operation that makes the queue.
  public var queue: String
  public var enqueueOperations: [String]
  public var closeOperation: String
  public var cancelOperation: String
  /// Errors that mean the end of the data; `outOfRange` where empty.
  public var closedErrors: [StatusError.Code]

  public init(
    queue: String, enqueueOperations: [String], closeOperation: String, cancelOperation: String,
    closedErrors: [StatusError.Code] = []
  ) {
    self.queue = queue
    self.enqueueOperations = enqueueOperations
    self.closeOperation = closeOperation
    self.cancelOperation = cancelOperation
    self.closedErrors = closedErrors
  }

  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are not such a message.
  public init(serialized bytes: ByteString) throws(StatusError) {
    let message = try Wire.decode(Tensorflow_QueueRunnerDef.self, Data(bytes.bytes))
    self.init(
      queue: message.queueName, enqueueOperations: message.enqueueOpName,
      closeOperation: message.closeOpName, cancelOperation: message.cancelOpName,
      closedErrors: message.queueClosedExceptionTypes.compactMap {
        StatusError.Code(rawValue: Int32($0.rawValue))
      })
  }

  /// The message in wire format.
  public func serialized() throws(StatusError) -> ByteString {
    var message = Tensorflow_QueueRunnerDef()
    message.queueName = queue
    message.enqueueOpName = enqueueOperations
    message.closeOpName = closeOperation
    message.cancelOpName = cancelOperation
    message.queueClosedExceptionTypes = closedErrors.compactMap {
      Tensorflow_Error_Code(rawValue: Int($0.rawValue))
    }
    return ByteString(try Wire.encode(message))
  }
}
