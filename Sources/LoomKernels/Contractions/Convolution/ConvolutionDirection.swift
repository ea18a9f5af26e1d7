/// What a convolution computes.
public enum ConvolutionDirection: Hashable, Sendable {
  case forward(ConvolutionEpilogue)
  /// The gradient of the input from that of the output.
  case backwardInput
  /// The gradient of the filter from that of the output. Sums of several threads are added at the end;
  /// their number is that of the threads, or fixed if `isDeterministic`, at some cost with one thread.
  case backwardFilter(isDeterministic: Bool)

  public static var forward: ConvolutionDirection { .forward(ConvolutionEpilogue()) }

  var isForward: Bool { epilogue != nil }

  var epilogue: ConvolutionEpilogue? {
    if case .forward(let epilogue) = self { epilogue } else { nil }
  }
}

/// What a forward convolution does to each sum before it is stored, in this order.
public struct ConvolutionEpilogue: Hashable, Sendable {
  public enum Activation: Hashable, Sendable {
    case none
    /// `max(x, 0)`
    case relu
    /// `min(max(x, 0), 6)`
    case relu6
  }

  /// Adds a value per output channel.
  public var addsBias: Bool
  /// Adds what the output holds already.
  public var addsToOutput: Bool
  /// NaN may become a bound of the activation.
  public var activation: Activation

  public init(addsBias: Bool = false, addsToOutput: Bool = false, activation: Activation = .none) {
    self.addsBias = addsBias
    self.addsToOutput = addsToOutput
    self.activation = activation
  }
}
