#if Distributed
  package import GRPCCore
  package import SwiftProtobuf

  /// A unary call of one of TensorFlow's services, by its name on the wire.
  package struct RPCMethod<Request: Message & Sendable, Response: Message & Sendable>: Sendable {
    package let descriptor: MethodDescriptor

    init(_ service: String, _ name: String) {
      descriptor = MethodDescriptor(
        service: ServiceDescriptor(fullyQualifiedService: service), method: name, type: .unary)
    }
  }
#endif
