#if OneDNN
  internal import CLoomVector
  internal import COneDNN
  internal import LoomCore
  import Synchronization

  /// A convolution cut into pieces, each a oneDNN primitive that one thread runs.
  ///
  /// Pieces are groups of images or, if there are too few images, bands of output rows; all share one
  /// layout of the weights. Several steps may run one convolution at a time.
  final class OneDNNConvolution: Sendable {
    private struct Piece {
      let primitive: OneDNNHandle
      let inputOffset: Int
      let outputOffset: Int
    }

    private let engine: OneDNNHandle
    private let pieces: [Piece]
    private let costPerPiece: Double
    private let elementSize: Int
    /// Weights not in use, kept because their pages are warm.
    private let idleWeights = Mutex<[OneDNNWeights]>([])

    /// Multiply-adds per nanosecond and thread, roughly.
    private static let rate = 60.0

    /// Sums that are kept apart when their number must not depend on the threads.
    private static let deterministicParts = 4

    /// `nil` if oneDNN has no implementation for this convolution.
    init?(
      _ geometry: ConvolutionGeometry, _ direction: ConvolutionDirection, isBFloat16: Bool,
      threadCount: Int
    ) throws(StatusError) {
      guard let engine = OneDNNEngine.shared else { return nil }
      let kind: loom_convolution_kind
      let epilogue = direction.epilogue ?? ConvolutionEpilogue()
      var parts = threadCount
      switch direction {
      case .forward: kind = LOOM_CONVOLUTION_FORWARD
      case .backwardInput: kind = LOOM_CONVOLUTION_BACKWARD_INPUT
      case .backwardFilter(let isDeterministic):
        kind = LOOM_CONVOLUTION_BACKWARD_FILTER
        if isDeterministic { parts = OneDNNConvolution.deterministicParts }
      }
      let cost = geometry.cost(rate: OneDNNConvolution.rate)
      loom_onednn_prepare_thread()
      var known: [ConvolutionGeometry: OneDNNHandle] = [:]
      var pieces: [Piece] = []
      if cost < WorkerPool.worthSharing { parts = 1 }
      for part in OneDNNConvolution.cut(geometry, into: parts, byRows: direction.isForward) {
        let primitive: OneDNNHandle
        if let found = known[part.geometry] {
          primitive = found
        } else {
          var settings = part.geometry.oneDNN(epilogue, isBFloat16: isBFloat16)
          var created: UnsafeMutablePointer<loom_convolution>?
          let status =
            if let first = pieces.first {
              unsafe loom_convolution_create(
                engine.pointer, kind, &settings,
                &OneDNNConvolution.fields(first.primitive).pointee.weights, &created)
            } else {
              unsafe loom_convolution_create(engine.pointer, kind, &settings, nil, &created)
            }
          if status == dnnl_unimplemented || status == dnnl_invalid_arguments { return nil }
          try OneDNNEngine.check(status)
          guard let created = unsafe created else { return nil }
          primitive = unsafe OneDNNHandle(OpaquePointer(created)) {
            unsafe loom_convolution_destroy(UnsafeMutablePointer($0))
          }
          known[part.geometry] = primitive
        }
        pieces.append(
          Piece(
            primitive: primitive, inputOffset: part.inputOffset, outputOffset: part.outputOffset))
      }
      self.engine = engine
      self.pieces = pieces
      costPerPiece = cost / Double(pieces.count)
      elementSize = isBFloat16 ? 2 : 4
    }

    /// The fields of a primitive, which nobody writes after its creation.
    private static func fields(_ handle: OneDNNHandle) -> UnsafeMutablePointer<loom_convolution> {
      unsafe UnsafeMutablePointer(handle.pointer)
    }

    // MARK: Weights

    func makeWeights() throws(StatusError) -> OneDNNWeights {
      let fields = unsafe OneDNNConvolution.fields(pieces[0].primitive)
      // Gradients of filters are kept in Float, whatever the elements.
      let isGradient = unsafe fields.pointee.kind == LOOM_CONVOLUTION_BACKWARD_FILTER
      return try unsafe OneDNNWeights(
        fields.pointee.weights, elementSize: isGradient ? 4 : elementSize, engine: engine)
    }

    func pack(_ filter: UnsafeRawPointer, into weights: OneDNNWeights) throws(StatusError) {
      let fields = unsafe OneDNNConvolution.fields(pieces[0].primitive)
      try unsafe weights.pack(filter, fields.pointee.plain_weights)
    }

    private func takeWeights() throws(StatusError) -> OneDNNWeights {
      if let kept = idleWeights.withLock({ $0.popLast() }) { return kept }
      return try makeWeights()
    }

    private func keep(_ weights: OneDNNWeights) { idleWeights.withLock { $0.append(weights) } }

    // MARK: Execution

    /// Forward and backward by input, with weights packed before or for this call. Backward, `input`
    /// is what is written.
    func run(
      input: UnsafeMutableRawPointer, filter: UnsafeRawPointer?, packed: OneDNNWeights?,
      bias: UnsafeRawPointer?, output: UnsafeMutableRawPointer, pool: WorkerPool
    ) throws(StatusError) {
      let weights: OneDNNWeights
      if let packed {
        weights = packed
      } else {
        weights = try takeWeights()
        guard let filter = unsafe filter else { throw .internal("Expected a filter") }
        try unsafe pack(filter, into: weights)
      }
      try pool.parallelFor(count: pieces.count, costPerItem: costPerPiece) {
        (range) throws(StatusError) in
        for index in range {
          try unsafe run(pieces[index], input, weights, bias, output)
        }
      }
      if packed == nil { keep(weights) }
    }

    /// Backward by filter: each piece sums its images, then the sums are added in order.
    func runBackwardFilter(
      input: UnsafeMutableRawPointer, gradient: UnsafeMutableRawPointer,
      into filterGradient: UnsafeMutableRawPointer, pool: WorkerPool
    ) throws(StatusError) {
      var sums: [OneDNNWeights] = []
      for _ in pieces { sums.append(try takeWeights()) }
      try pool.parallelFor(count: pieces.count, costPerItem: costPerPiece) {
        (range) throws(StatusError) in
        for index in range {
          try unsafe run(pieces[index], input, sums[index], nil, gradient)
        }
      }
      let total = unsafe try sums[0].floats()
      for sum in sums.dropFirst() {
        let addend = unsafe try sum.floats()
        pool.parallelFor(count: sum.elementCount, costPerItem: 0.2, alignment: 16) { range in
          unsafe loom_accumulate_f32(
            addend + range.lowerBound, nil, total + range.lowerBound, nil, range.count)
        }
      }
      let fields = unsafe OneDNNConvolution.fields(pieces[0].primitive)
      try unsafe sums[0].unpack(into: filterGradient, fields.pointee.plain_weights)
      for sum in sums { keep(sum) }
    }

    private func run(
      _ piece: Piece, _ input: UnsafeMutableRawPointer, _ weights: OneDNNWeights,
      _ bias: UnsafeRawPointer?,
      _ output: UnsafeMutableRawPointer
    ) throws(StatusError) {
      loom_onednn_prepare_thread()
      let fields = unsafe OneDNNConvolution.fields(piece.primitive)
      let bytes = unsafe Int(dnnl_memory_desc_get_size(&fields.pointee.scratchpad))
      try unsafe ThreadScratch.with(bytes, of: UInt8.self, for: .primitive) {
        (scratchpad) throws(StatusError) in
        try unsafe OneDNNEngine.check(
          loom_convolution_run(
            engine.pointer, fields, input + piece.inputOffset * elementSize,
            weights.memory.pointer, bias, output + piece.outputOffset * elementSize, scratchpad))
      }
    }

    // MARK: Cutting

    private struct Part {
      let geometry: ConvolutionGeometry
      let inputOffset: Int
      let outputOffset: Int
    }

    /// Parts of about equal work: images, or bands of rows of images.
    private static func cut(
      _ geometry: ConvolutionGeometry, into count: Int, byRows: Bool
    ) -> [Part] {
      if count > 1 && geometry.batch < count && byRows {
        if let bands = cutRows(geometry, into: (count + geometry.batch - 1) / geometry.batch) {
          return bands
        }
      }
      let parts = Swift.max(1, Swift.min(count, geometry.batch))
      return (0..<parts).map { index in
        let images = geometry.batch * index / parts..<geometry.batch * (index + 1) / parts
        var part = geometry
        part.batch = images.count
        return Part(
          geometry: part, inputOffset: images.lowerBound * geometry.imageCount,
          outputOffset: images.lowerBound * geometry.resultCount)
      }
    }

    private static func cutRows(_ geometry: ConvolutionGeometry, into count: Int) -> [Part]? {
      let rows = geometry.height.output
      let bands = Swift.min(count, rows)
      var parts: [Part] = []
      for image in 0..<geometry.batch {
        for index in 0..<bands {
          let range = rows * index / bands..<rows * (index + 1) / bands
          guard let band = geometry.height.band(range) else { return nil }
          var part = geometry
          part.batch = 1
          part.height = band.axis
          parts.append(
            Part(
              geometry: part,
              inputOffset: image * geometry.imageCount
                + band.firstInput * geometry.width.input * geometry.inputChannels,
              outputOffset: image * geometry.resultCount
                + range.lowerBound * geometry.width.output * geometry.outputChannels))
        }
      }
      return parts
    }
  }

  extension ConvolutionGeometry {
    /// The same in C.
    fileprivate func oneDNN(
      _ epilogue: ConvolutionEpilogue, isBFloat16: Bool
    ) -> loom_convolution_shape {
      func pair(_ value: (WindowAxis) -> Int) -> (Int64, Int64) {
        (Int64(value(height)), Int64(value(width)))
      }
      return loom_convolution_shape(
        batch: Int64(batch), groups: Int64(groups), inputs: Int64(inputChannels),
        outputs: Int64(outputChannels), input: pair(\.input), filter: pair(\.kernel),
        output: pair(\.output), stride: pair(\.stride), dilation: pair(\.dilation),
        before: pair(\.before), after: pair(\.after), is_bfloat16: isBFloat16,
        has_bias: epilogue.addsBias, adds_to_output: epilogue.addsToOutput,
        activation: epilogue.activation.oneDNN)
    }
  }

  extension ConvolutionEpilogue.Activation {
    fileprivate var oneDNN: loom_activation {
      switch self {
      case .none: LOOM_ACTIVATION_NONE
      case .relu: LOOM_ACTIVATION_RELU
      case .relu6: LOOM_ACTIVATION_RELU6
      }
    }
  }
#endif
