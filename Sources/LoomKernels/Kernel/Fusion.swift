public import LoomCore

/// What an op does to each element of one input, when an op before it could do that along.
public enum FusibleStage: Sendable {
  /// `x * factor[channel] + offset[channel]`; channels are the last dimension, `nil` is no factor.
  case affine(factor: [Float]?, offset: [Float])
  /// Adds a tensor of the same shape: this other input of the op.
  case addition(input: Int)
  case activation(ConvolutionEpilogue.Activation)
}

/// An op that can be done along by the op that computes its input.
public protocol FusibleOp: KernelProvider {
  /// What the op does to input `input`, of type Float; `nil` if it is more than a stage.
  static func stage(_ construction: KernelConstruction, input: Int) -> FusibleStage?
}

/// An op whose kernel can do along what ops after it do to its output.
public protocol FusingOp: KernelProvider {
  /// A kernel for the op, of type Float, with an epilogue; `nil` if there is none.
  ///
  /// Its inputs are those of the op, then the one the epilogue adds. Its output is that of the last op.
  static func kernel(
    _ construction: KernelConstruction, followedBy epilogue: FusedEpilogue
  ) throws(StatusError) -> (any Kernel)?
}

/// What a fused kernel does to each element before it stores it:
/// `activation(x * factor[channel] + offset[channel] + operand)`.
public struct FusedEpilogue: Sendable {
  public private(set) var factor: [Float]?
  public private(set) var offset: [Float]?
  /// Whether there is an operand, the last input of the kernel.
  public private(set) var addsOperand = false
  public private(set) var activation = ConvolutionEpilogue.Activation.none

  public init() {}

  /// Appends what the next op does.
  ///
  /// - Returns: whether the epilogue still has that form; nothing is appended otherwise.
  public mutating func append(_ stage: FusibleStage) -> Bool {
    guard activation == .none else { return false }
    switch stage {
    case .affine(let nextFactor, let nextOffset):
      guard !addsOperand, (nextFactor?.count ?? nextOffset.count) == nextOffset.count,
        offset == nil || offset?.count == nextOffset.count
      else { return false }
      if let nextFactor {
        factor = factor.map { zip($0, nextFactor).map { $0 * $1 } } ?? nextFactor
        offset = offset.map { zip(zip($0, nextFactor), nextOffset).map { $0.0 * $0.1 + $1 } }
      } else {
        offset = offset.map { zip($0, nextOffset).map { $0 + $1 } }
      }
      offset = offset ?? nextOffset
    case .addition:
      guard !addsOperand else { return false }
      addsOperand = true
    case .activation(let next): activation = next
    }
    return true
  }

  /// Whether the vectors are as long as there are channels.
  public func fits(channels: Int) -> Bool { (offset?.count ?? channels) == channels }
}

extension KernelConstruction {
  /// The elements of input `index` if it is a constant Float vector.
  public func constantVector(_ index: Int) -> [Float]? {
    guard let tensor = constantInputs[index], tensor.dtype == .float, tensor.shape.rank == 1 else {
      return nil
    }
    // The dtype was checked; anything else that is wrong means the op is not fused.
    return try? tensor.scalars(of: Float.self)
  }
}
