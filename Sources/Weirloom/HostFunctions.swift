public import LoomCore
public import LoomGraph
public import LoomKernels
import Synchronization

/// An error by which a host function says how the run is to fail.
///
/// Whatever else a host function throws, errors of other runs included, ends the run with
/// ``StatusError/Code/unknown``.
public protocol HostFunctionError: Error {
  var statusCode: StatusError.Code { get }
}

/// A fault of a host function, with its code and a text.
public struct HostFunctionFault: HostFunctionError, CustomStringConvertible {
  public let statusCode: StatusError.Code
  public let description: String

  public init(_ statusCode: StatusError.Code, _ description: String) {
    self.statusCode = statusCode
    self.description = description
  }
}

extension Graph {
  /// Calls a Swift function whenever the operation runs.
  ///
  /// Such a graph can be saved, but its functions can't: only this graph runs them.
  ///
  /// - Parameters:
  ///   - inputs: What the function is given.
  ///   - dtypes: What the function returns.
  ///   - isStateful: Whether the function has effects. Calls of others may be merged or left out.
  ///   - name: The operation's name; one is made up by default.
  ///   - body: Runs on the threads of steps, possibly on several at once; it must not wait for other
  ///     steps of the same session.
  /// - Throws: What adding an operation throws. At run time ``StatusError/Code/invalidArgument`` if the
  ///   function returns too few or too many tensors or other dtypes; the code of a ``HostFunctionError``
  ///   it throws; ``StatusError/Code/unknown`` for other errors.
  /// - SeeAlso: TensorFlow op `PyFunc`.
  public func hostFunction(
    _ inputs: [AnyOutput], returning dtypes: [DType], isStateful: Bool = true,
    name: String? = nil, _ body: @escaping @Sendable ([AnyTensor]) throws -> [AnyTensor]
  ) throws(StatusError) -> [AnyOutput] {
    let function = HostFunction(body)
    try addToCollections([HostFunction.collection], function)
    return try addOperation(
      isStateful ? "PyFunc" : "PyFuncStateless", inputs: inputs,
      attributes: [
        "token": .string(ByteString(function.token)), "Tin": .types(inputs.map(\.dtype.base)),
        "Tout": .types(dtypes),
      ], name: name
    ).outputs
  }

  /// Calls a Swift function of one tensor whenever the operation runs.
  ///
  /// - Throws: What the general form throws.
  /// - SeeAlso: TensorFlow op `PyFunc`.
  public func hostFunction<X: TensorScalar, Y: TensorScalar>(
    _ input: Output<X>, returning type: Y.Type = Y.self, isStateful: Bool = true,
    name: String? = nil, _ body: @escaping @Sendable (Tensor<X>) throws -> Tensor<Y>
  ) throws(StatusError) -> Output<Y> {
    let results = try hostFunction(
      [input.erased], returning: [Y.dtype], isStateful: isStateful, name: name
    ) { try [body(Tensor($0[0])).erased] }
    return try Output(results[0])
  }
}

/// A function of one graph, found by its token for as long as the graph keeps it.
final class HostFunction: Sendable {
  static let collection = "_host_functions"

  private struct Reference: Sendable { weak let function: HostFunction? }
  private static let known = Mutex<[String: Reference]>([:])
  private static let count = Atomic<Int>(0)

  let token: String
  let body: @Sendable ([AnyTensor]) throws -> [AnyTensor]

  init(_ body: @escaping @Sendable ([AnyTensor]) throws -> [AnyTensor]) {
    token = "pyfunc_\(HostFunction.count.add(1, ordering: .relaxed).oldValue)"
    self.body = body
    let reference = Reference(function: self)
    HostFunction.known.withLock { $0[token] = reference }
  }

  deinit { _ = HostFunction.known.withLock { $0.removeValue(forKey: token) } }

  static func find(_ token: String) -> HostFunction? {
    known.withLock { $0[token] }?.function
  }

  /// - Throws: What the operation is to fail with.
  func call(_ inputs: [AnyTensor], returning dtypes: [DType]) throws(StatusError) -> [AnyTensor] {
    let results: [AnyTensor]
    do { results = try body(inputs) } catch let fault as any HostFunctionError {
      throw StatusError(fault.statusCode, String(describing: fault))
    } catch {
      throw StatusError(.unknown, String(describing: error))
    }
    guard results.count == dtypes.count else {
      throw .invalidArgument(
        "\(token) returns \(results.count) values, but expects to see \(dtypes.count) values.")
    }
    for (index, (result, dtype)) in zip(results, dtypes).enumerated() where result.dtype != dtype {
      throw .invalidArgument(
        "\(index)-th value returned by \(token) is \(result.dtype), but expects \(dtype)")
    }
    return results
  }

  static let kernels = KernelTable { construction in
    let token = try construction.attributes.string("token")
    let dtypes = try construction.attributes.types("Tout")
    guard let function = find(token) else {
      throw StatusError.invalidArgument("callback \(token) is not found")
    }
    return ClosureKernel { context in
      let results = try function.call(context.inputs(), returning: dtypes)
      for (index, result) in results.enumerated() { try context.setOutput(index, result) }
    }
  }
}

/// Calls a function of the host's language.
public enum PyFunc: OpDefinition, KernelProvider {
  public static let signature = OpSignature(
    "PyFunc", inputs: ["input: Tin"], outputs: ["output: Tout"], attributes: attributes,
    isStateful: true)
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.notDifferentiable(because: "nothing is known of it")
  public static let kernels = HostFunction.kernels

  fileprivate static let attributes = [
    "token: string", "Tin: list(type) >= 0", "Tout: list(type) >= 0",
  ]
}

/// Calls a function of the host's language that has no effects.
public enum PyFuncStateless: OpDefinition, KernelProvider {
  public static let signature = OpSignature(
    "PyFuncStateless", inputs: ["input: Tin"], outputs: ["output: Tout"],
    attributes: PyFunc.attributes)
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.notDifferentiable(because: "nothing is known of it")
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = HostFunction.kernels
}
