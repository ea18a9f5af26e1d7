/// Sizes of a two-dimensional convolution.
///
/// Images are `[batch, height, width, channels]`, filters
/// `[height, width, inputChannels / groups, outputChannels]`. Filters are not flipped: this is
/// correlation, as in TensorFlow. Output channels of a group see the input channels of that group.
public struct ConvolutionShape: Hashable, Sendable {
  public var batch: Int
  public var height: ConvolutionAxis
  public var width: ConvolutionAxis
  public var inputChannels: Int
  public var outputChannels: Int
  /// Divides both channel counts.
  public var groups: Int

  public init(
    batch: Int, height: ConvolutionAxis, width: ConvolutionAxis, inputChannels: Int, outputChannels: Int,
    groups: Int = 1
  ) {
    self.batch = batch
    self.height = height
    self.width = width
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groups = groups
  }

  public var inputCount: Int { batch * imageCount }
  public var outputCount: Int { batch * resultCount }
  public var filterCount: Int { patchCount * outputChannels }

  /// Elements of one input image.
  var imageCount: Int { height.inputSize * width.inputSize * inputChannels }
  /// Elements of one output image.
  var resultCount: Int { height.outputSize * width.outputSize * outputChannels }
  /// Elements of the filter that one output element sees.
  var patchCount: Int { height.windowSize * width.windowSize * (inputChannels / groups) }

  /// Whether there is nothing to multiply.
  var isEmpty: Bool { inputCount == 0 || outputCount == 0 || filterCount == 0 }

  /// Estimated nanoseconds on one thread at `rate` multiply-adds per nanosecond.
  func cost(rate: Double) -> Double { Double(outputCount) * Double(patchCount) / rate }
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
