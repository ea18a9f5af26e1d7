#if Distributed
  package import GRPCCore
  package import LoomCore

  extension StatusError {
    /// What a call failed of. gRPC's codes are TensorFlow's.
    package init(_ error: RPCError) {
      self.init(Code(rawValue: Int32(error.code.rawValue)) ?? .unknown, error.message)
    }
  }

  extension RPCError {
    /// The error as the status of a call: code, text, and the node's tail.
    package init(_ error: StatusError) {
      let status = Status.Code(rawValue: Int(error.code.rawValue)) ?? .unknown
      self.init(code: Code(status) ?? .unknown, message: error.message)
    }
  }
#endif
