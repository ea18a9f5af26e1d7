import LoomCore
import LoomGraph
import LoomKernels

/// Checks of feeds that need no runtime.
enum FeedCheck {
  /// The tensor a key names.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the session's graph has no such tensor.
  static func output(_ key: Feed.Key, in graph: Graph) throws(StatusError) -> AnyOutput {
    switch key {
    case .output(let output):
      guard output.graph === graph else {
        throw unusable("Tensor \(output.name) is not an element of this graph.")
      }
      guard output.index >= 0, output.index < output.operation.outputCount else {
        throw unusable(
          "Operation '\(output.operation.name)' has no output \(output.index), only "
            + "\(output.operation.outputCount).")
      }
      return output
    case .name(let name):
      do throws(StatusError) { return try graph.output(named: name) } catch {
        throw unusable(error.reason)
      }
    }
  }

  @inline(never)
  private static func unusable(_ reason: String) -> StatusError {
    .invalidArgument("Cannot interpret feed_dict key as Tensor: \(reason)")
  }

  /// The tensors that a run is fed with, and their values converted and checked.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for keys that are no tensors of the graph or may not
  ///   be fed, and values that do not fit.
  static func resolve(
    _ feeds: [Feed], in session: Session
  ) throws(StatusError) -> (outputs: [AnyOutput], values: [AnyTensor]) {
    var outputs: [AnyOutput] = []
    var values: [AnyTensor] = []
    for feed in feeds {
      for part in feed.parts {
        let output = try self.output(part.key, in: session.graph)
        let dtype = output.dtype.base
        switch part.value {
        case .tensor(let tensor):
          try check(tensor, for: output)
          values.append(tensor)
        case .convertible(let value):
          let tensor = try FeedConversion.tensor(value, dtype: dtype)
          try check(tensor, for: output)
          values.append(tensor)
        case .handle(let handle):
          // What the session stores was checked by whoever stored it: only the dtype must fit.
          let tensor = try session.engine.tensorHandles().find(handle)
          try checkFeedable(output)
          guard tensor.dtype == dtype else { throw mismatch(tensor, output) }
          values.append(tensor)
        }
        outputs.append(output)
      }
    }
    return (outputs, values)
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the value does not fit the tensor.
  static func check(_ value: AnyTensor, for output: AnyOutput) throws(StatusError) {
    try checkFeedable(output)
    guard value.dtype == output.dtype.base else { throw mismatch(value, output) }
    let shape = output.shape
    guard shape.isCompatible(with: value.shape) else {
      throw .invalidArgument(
        "Cannot feed value of shape \(value.shape) for Tensor \(output.name), which has shape "
          + "\(shape)")
    }
  }

  static func checkFeedable(_ output: AnyOutput) throws(StatusError) {
    guard output.graph.isFeedable(output) else {
      throw .invalidArgument("Tensor \(output.name) may not be fed.")
    }
  }

  @inline(never)
  private static func mismatch(_ value: AnyTensor, _ output: AnyOutput) -> StatusError {
    .invalidArgument(
      "Cannot feed value of dtype \(value.dtype) for Tensor \(output.name), which has dtype "
        + "\(output.dtype.base)")
  }
}
