public import LoomCore
import Synchronization

/// Tensors that a session keeps between runs, by handle.
public final class TensorHandleStore: Sendable {
  private struct State {
    var tensors: [String: AnyTensor] = [:]
    var next = 0
  }
  private let state = Mutex(State())

  public init() {}

  /// Stores a tensor; the handle's text is `<op name>;<unique id>;<device>`.
  public func store(_ tensor: AnyTensor, operation: String, device: String) -> String {
    state.withLock { state in
      let handle = "\(operation);\(state.next);\(device)"
      state.next += 1
      state.tensors[handle] = tensor
      return handle
    }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` for an unknown or deleted handle.
  public func find(_ handle: String) throws(StatusError) -> AnyTensor {
    guard let tensor = state.withLock({ $0.tensors[handle] }) else {
      throw .invalidArgument("The tensor with handle '\(handle)' is not in the session store.")
    }
    return tensor
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` for an unknown or deleted handle.
  public func delete(_ handle: String) throws(StatusError) {
    guard state.withLock({ $0.tensors.removeValue(forKey: handle) }) != nil else {
      throw .invalidArgument(
        "Failed to delete a tensor with handle '\(handle)' in the session store.")
    }
  }

  /// Forgets all tensors; handles of them are unknown from now on.
  public func removeAll() {
    let released = state.withLock { state in
      defer { state.tensors = [:] }
      return state.tensors
    }
    _ = released
  }

  public var count: Int { state.withLock { $0.tensors.count } }
}
