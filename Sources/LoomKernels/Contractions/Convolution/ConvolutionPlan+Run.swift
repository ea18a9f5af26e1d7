public import LoomCore

extension ConvolutionPlan {
  /// Runs a forward plan with a filter that is rearranged for this run alone.
  ///
  /// - Parameters:
  ///   - input: ``ConvolutionGeometry/inputCount`` elements.
  ///   - filter: ``ConvolutionGeometry/filterCount`` elements.
  ///   - bias: An element per output channel if the epilogue adds one.
  ///   - output: ``ConvolutionGeometry/outputCount`` elements, initialised if the epilogue adds to them,
  ///     overlapping no operand.
  /// - Throws: ``StatusError/Code/resourceExhausted`` if there is no memory to work in.
  @unsafe public func forward(
    input: UnsafePointer<Scalar>, filter: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>? = nil,
    output: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    try unsafe forward(input, .plain(filter), bias, output, pool)
  }

  /// Runs a forward plan with a filter that ``pack(_:)`` of this plan made.
  @unsafe public func forward(
    input: UnsafePointer<Scalar>, filter: PackedFilter<Scalar>, bias: UnsafePointer<Scalar>? = nil,
    output: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    try unsafe forward(input, .packed(filter), bias, output, pool)
  }

  /// Runs a backward-by-input plan: overwrites `inputGradient`.
  @unsafe public func backwardInput(
    filter: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    into inputGradient: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    guard case .backwardInput = direction else { throw mismatch() }
    switch engine {
    case .nothing: unsafe inputGradient.update(repeating: .zero, count: geometry.inputCount)
    case .columns:
      if let (from, by, to) = unsafe FloatCopies.cast(
        (gradient, filter, inputGradient), to: Float.self)
      {
        return try unsafe ConvolutionColumns<Float>.backwardInput(
          geometry, filter: by, gradient: from, into: to, pool: pool)
      }
      if let (from, by, to) = unsafe FloatCopies.cast(
        (gradient, filter, inputGradient), to: Double.self)
      {
        try unsafe ConvolutionColumns<Double>.backwardInput(
          geometry, filter: by, gradient: from, into: to, pool: pool)
      }
    case .widened(let plan):
      try unsafe FloatCopies.with(gradient, geometry.outputCount, for: .left) {
        (from) throws(StatusError) in
        try unsafe FloatCopies.with(filter, geometry.filterCount, for: .right) {
          (by) throws(StatusError) in
          try unsafe FloatCopies.with(result: inputGradient, geometry.inputCount) {
            (to) throws(StatusError) in
            try unsafe plan.backwardInput(filter: by, gradient: from, into: to, pool: pool)
          }
        }
      }
    #if OneDNN
      case .oneDNN(let convolution):
        try unsafe convolution.run(
          input: UnsafeMutableRawPointer(inputGradient), filter: filter, packed: nil, bias: nil,
          output: UnsafeMutableRawPointer(mutating: gradient), pool: pool)
    #endif
    }
  }

  /// Runs a backward-by-filter plan: overwrites `filterGradient`.
  @unsafe public func backwardFilter(
    input: UnsafePointer<Scalar>, gradient: UnsafePointer<Scalar>,
    into filterGradient: UnsafeMutablePointer<Scalar>, pool: WorkerPool
  ) throws(StatusError) {
    guard case .backwardFilter = direction else { throw mismatch() }
    switch engine {
    case .nothing: unsafe filterGradient.update(repeating: .zero, count: geometry.filterCount)
    case .columns:
      if let (from, by, to) = unsafe FloatCopies.cast(
        (input, gradient, filterGradient), to: Float.self)
      {
        return try unsafe ConvolutionColumns<Float>.backwardFilter(
          geometry, input: from, gradient: by, into: to, pool: pool)
      }
      if let (from, by, to) = unsafe FloatCopies.cast(
        (input, gradient, filterGradient), to: Double.self)
      {
        try unsafe ConvolutionColumns<Double>.backwardFilter(
          geometry, input: from, gradient: by, into: to, pool: pool)
      }
    case .widened(let plan):
      try unsafe FloatCopies.with(input, geometry.inputCount, for: .left) {
        (from) throws(StatusError) in
        try unsafe FloatCopies.with(gradient, geometry.outputCount, for: .right) {
          (by) throws(StatusError) in
          try unsafe FloatCopies.with(result: filterGradient, geometry.filterCount) {
            (to) throws(StatusError) in
            try unsafe plan.backwardFilter(input: from, gradient: by, into: to, pool: pool)
          }
        }
      }
    #if OneDNN
      case .oneDNN(let convolution):
        try unsafe convolution.runBackwardFilter(
          input: UnsafeMutableRawPointer(mutating: input),
          gradient: UnsafeMutableRawPointer(mutating: gradient), into: filterGradient, pool: pool)
    #endif
    }
  }

  @inline(never) private func mismatch() -> StatusError {
    .internal("Expected a plan for another direction, got \(direction)")
  }

  // MARK: Forward

  @unsafe private enum Filter {
    case plain(UnsafePointer<Scalar>)
    case packed(PackedFilter<Scalar>)
  }

  private func forward(
    _ input: UnsafePointer<Scalar>, _ filter: Filter, _ bias: UnsafePointer<Scalar>?,
    _ output: UnsafeMutablePointer<Scalar>, _ pool: WorkerPool
  ) throws(StatusError) {
    guard let epilogue = direction.epilogue else { throw mismatch() }
    switch engine {
    case .nothing: return
    case .columns:
      try unsafe withPlain(filter) { (filter) throws(StatusError) in
        if let (from, by, to) = unsafe FloatCopies.cast((input, filter, output), to: Float.self) {
          return try unsafe ConvolutionColumns<Float>.forward(
            geometry, epilogue, input: from, filter: by,
            bias: FloatCopies.cast(bias, to: Float.self),
            output: to, pool: pool)
        }
        if let (from, by, to) = unsafe FloatCopies.cast((input, filter, output), to: Double.self) {
          try unsafe ConvolutionColumns<Double>.forward(
            geometry, epilogue, input: from, filter: by,
            bias: FloatCopies.cast(bias, to: Double.self),
            output: to, pool: pool)
        }
      }
    case .widened(let plan):
      let wideBias: [Float] =
        if let bias = unsafe bias {
          (0..<geometry.outputChannels).map { unsafe Float(bias[$0].doubleValue) }
        } else { [] }
      try unsafe FloatCopies.with(input, geometry.inputCount, for: .left) {
        (from) throws(StatusError) in
        try unsafe FloatCopies.with(
          result: output, geometry.outputCount, readsFirst: epilogue.addsToOutput
        ) { (to) throws(StatusError) in
          if case .packed(let packed) = unsafe filter, case .widened(let wide) = packed.storage {
            return try unsafe plan.forward(
              input: from, filter: wide, bias: wideBias, output: to, pool: pool)
          }
          try unsafe withPlain(filter) { (filter) throws(StatusError) in
            try unsafe FloatCopies.with(filter, geometry.filterCount, for: .right) {
              (by) throws(StatusError) in
              try unsafe plan.forward(
                input: from, filter: by, bias: wideBias, output: to, pool: pool)
            }
          }
        }
      }
    #if OneDNN
      case .oneDNN(let convolution):
        var weights: OneDNNWeights?
        var plain: UnsafePointer<Scalar>?
        switch unsafe filter {
        case .plain(let filter): unsafe plain = unsafe filter
        case .packed(let packed):
          guard case .oneDNN(let own) = packed.storage else { throw foreignFilter() }
          weights = own
        }
        try unsafe convolution.run(
          input: UnsafeMutableRawPointer(mutating: input), filter: plain, packed: weights,
          bias: bias, output: output, pool: pool)
    #endif
    }
  }

  /// Lends the dense filter.
  private func withPlain(
    _ filter: Filter, _ body: (UnsafePointer<Scalar>) throws(StatusError) -> Void
  ) throws(StatusError) {
    switch unsafe filter {
    case .plain(let filter): try unsafe body(filter)
    case .packed(let packed):
      guard case .plain(let elements) = packed.storage, elements.count == geometry.filterCount
      else {
        throw foreignFilter()
      }
      try unsafe elements.withUnsafeBufferPointer { (buffer) throws(StatusError) in
        guard let base = buffer.baseAddress else { return }
        try unsafe body(base)
      }
    }
  }

  @inline(never) private func foreignFilter() -> StatusError {
    .internal("Expected a filter packed by this plan")
  }
}
