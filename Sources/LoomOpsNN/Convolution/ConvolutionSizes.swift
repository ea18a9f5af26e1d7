import LoomCore
import LoomKernels

extension ConvolutionGeometry {
  /// The geometry of a convolution, checked as TensorFlow's kernels check it.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the shapes do not fit each other.
  init(
    input: Shape, filter: Shape, _ window: WindowParameters
  ) throws(StatusError) {
    let space = window.space
    let rank = space + 2
    guard input.rank == rank else {
      throw .invalidArgument("input must be \(rank)-dimensional: \(input)")
    }
    guard filter.rank == rank else {
      throw .invalidArgument("filter must be \(rank)-dimensional: \(filter)")
    }
    for index in 0..<rank where filter[index] > Int(Int32.max) || input[index] > Int(Int32.max) {
      throw .invalidArgument("filter too large")
    }
    let channels = input[window.layout.channel(rank: rank)]
    let (filterChannels, outputs) = (filter[space], filter[space + 1])
    guard filterChannels > 0 else {
      throw .invalidArgument(
        "filter depth must be strictly greater than zero, got filter \(filter)")
    }
    guard channels % filterChannels == 0 else {
      throw .invalidArgument(
        "input depth must be evenly divisible by filter depth: \(channels) vs \(filterChannels)")
    }
    let groups = channels / filterChannels
    guard groups > 0 else {
      throw .invalidArgument("number of groups must be strictly greater than zero, got 0")
    }
    guard outputs % groups == 0 else {
      throw .invalidArgument(
        "output depth must be evenly divisible by number of groups: \(outputs) vs \(groups)")
    }
    var axes: [WindowAxis] = space == 2 ? [.single] : []
    for index in 0..<space {
      axes.append(
        try window.axis(
          index, input: input[window.layout.spatial(index)], kernel: filter[index]))
    }
    self.init(
      batch: input[0], depth: axes[0], height: axes[1], width: axes[2],
      inputChannels: channels, filterChannels: filterChannels, outputChannels: outputs)
  }

  /// The geometry of a convolution of each channel for itself.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the shapes do not fit each other.
  init(
    depthwise input: Shape, filter: Shape, _ window: WindowParameters
  ) throws(StatusError) {
    guard input.rank == 4 else {
      throw .invalidArgument("input must be 4-dimensional: \(input)")
    }
    guard filter.rank == 4 else {
      throw .invalidArgument("filter must be 4-dimensional: \(filter)")
    }
    let channel = window.layout.channel(rank: 4)
    guard filter[2] == input[channel] else {
      throw .invalidArgument(
        "input and filter must have the same depth: \(input[channel]) vs \(filter[2])")
    }
    guard let outputs = Checked.multiply(filter[2], filter[3]) else {
      throw .invalidArgument("Too many output channels: \(filter[2]) * \(filter[3])")
    }
    self.init(
      batch: input[0],
      height: try window.axis(0, input: input[window.layout.spatial(0)], kernel: filter[0]),
      width: try window.axis(1, input: input[window.layout.spatial(1)], kernel: filter[1]),
      inputChannels: filter[2], filterChannels: 1, outputChannels: outputs)
  }

  /// The shape of the output.
  func outputShape(_ window: WindowParameters) throws(StatusError) -> Shape {
    var sizes = [Int](repeating: batch, count: window.space + 2)
    let axes = window.space == 2 ? [height, width] : [depth, height, width]
    for (index, axis) in axes.enumerated() { sizes[window.layout.spatial(index)] = axis.output }
    sizes[window.layout.channel(rank: window.space + 2)] = outputChannels
    return try Shape(sizes)
  }

  /// Checks the gradient of the output against the geometry.
  func check(upstream: Shape, _ window: WindowParameters) throws(StatusError) {
    let rank = window.space + 2
    guard upstream.rank == rank else {
      throw .invalidArgument("out_backprop must be \(rank)-dimensional: \(upstream)")
    }
    guard upstream[0] == batch else {
      throw .invalidArgument(
        "input and out_backprop must have the same batch size. Input batch: \(batch), "
          + "outbackprop batch: \(upstream[0])")
    }
    guard upstream[window.layout.channel(rank: rank)] == outputChannels else {
      throw .invalidArgument("filter and out_backprop must have the same out_depth")
    }
    let expected = try outputShape(window)
    guard upstream == expected else {
      throw .invalidArgument(
        "Size of out_backprop doesn't match computed: actual = \(upstream), computed = \(expected)")
    }
  }
}

/// The sizes that an integer vector holds, as a shape.
func shape(of sizes: AnyTensor, name: String) throws(StatusError) -> Shape {
  guard sizes.shape.rank == 1 else {
    throw .invalidArgument("\(name) must be 1-dimensional, not \(sizes.shape.rank)")
  }
  return try Shape(sizes.integers())
}
