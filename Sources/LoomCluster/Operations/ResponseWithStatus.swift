#if Distributed
  import LoomCore
  import LoomProto

  /// A response that may carry an error: TensorFlow's clients ask for those of steps there, where they may be
  /// longer than in a call's status.
  protocol ResponseWithStatus {
    var statusCode: Tensorflow_Error_Code { get }
    var statusErrorMessage: String { get }
  }

  extension ResponseWithStatus {
    /// The error that the response carries.
    var failure: StatusError? {
      guard statusCode != .ok else { return nil }
      return StatusError(
        StatusError.Code(rawValue: Int32(statusCode.rawValue)) ?? .unknown, statusErrorMessage)
    }
  }

  extension Tensorflow_RunStepResponse: ResponseWithStatus {}
  extension Tensorflow_RunGraphResponse: ResponseWithStatus {}
#endif
