public import LoomCore

/// How the positions of one axis of a resized image are mixed from those of the original.
public struct ResamplingAxis: Sendable {
  public let inputSize: Int
  /// Output position `o` takes the taps `bounds[o] ..< bounds[o + 1]`.
  private(set) var bounds: [Int] = [0]
  private(set) var positions: [Int] = []
  private(set) var weights: [Float] = []

  public var outputSize: Int { bounds.count - 1 }

  public init(inputSize: Int) { self.inputSize = inputSize }

  /// Adds a tap to the output position in hand; positions outside of the input are ignored.
  public mutating func add(_ position: Int, _ weight: Float) {
    guard position >= 0, position < inputSize else { return }
    positions.append(position)
    weights.append(weight)
  }

  /// Ends the output position in hand.
  public mutating func finishPosition() { bounds.append(positions.count) }

  func taps(_ output: Int) -> Range<Int> { bounds[output]..<bounds[output + 1] }
}

/// Images mixed row by row and column by column.
public enum Resampling {
  /// `y[b, i, j, c] = Σ rows(i, k) columns(j, l) x[b, k, l, c]`, all Floats.
  public static func mix(
    _ x: AnyTensor, into y: AnyTensor, rows: ResamplingAxis, columns: ResamplingAxis,
    workers: WorkerPool
  ) throws(StatusError) {
    let sizes = try Sizes(small: x.shape, large: y.shape, rows, columns)
    let source = unsafe try x.pointer(of: Float.self)
    let target = unsafe try y.writablePointer(of: Float.self)
    let (inputLine, outputLine) = (sizes.inputLine, sizes.outputLine)
    let channels = sizes.channels
    let cost = Double(inputLine) + 2 * Double(outputLine)
    workers.parallelFor(
      count: sizes.batch &* rows.outputSize, costPerItem: cost
    ) { range in
      // A line of the image as wide as the original, with the rows mixed already.
      var mixed = [Float](repeating: 0, count: inputLine)
      for item in range {
        let (image, row) = (item / rows.outputSize, item % rows.outputSize)
        for index in mixed.indices { mixed[index] = 0 }
        for tap in rows.taps(row) {
          let line = unsafe source + (image &* rows.inputSize &+ rows.positions[tap]) &* inputLine
          let weight = rows.weights[tap]
          for index in 0..<inputLine { mixed[index] += unsafe weight * line[index] }
        }
        let result = unsafe target + item &* outputLine
        for index in 0..<outputLine { unsafe result[index] = 0 }
        for column in 0..<columns.outputSize {
          let pixel = unsafe result + column &* channels
          for tap in columns.taps(column) {
            let start = columns.positions[tap] &* channels
            let weight = columns.weights[tap]
            for channel in 0..<channels {
              unsafe pixel[channel] += weight * mixed[start &+ channel]
            }
          }
        }
      }
    }
  }

  /// The gradient of ``mix(_:into:rows:columns:workers:)``: adds each element of `dy` to the positions
  /// it was mixed from. Float or Double, one dtype.
  public static func spread(
    _ dy: AnyTensor, into dx: AnyTensor, rows: ResamplingAxis, columns: ResamplingAxis,
    workers: WorkerPool
  ) throws(StatusError) {
    if dx.dtype == .double {
      try spread(dy, dx, rows, columns, workers, of: Double.self)
    } else {
      try spread(dy, dx, rows, columns, workers, of: Float.self)
    }
  }

  private static func spread<Value: BinaryFloatingPoint & TensorScalar>(
    _ dy: AnyTensor, _ dx: AnyTensor, _ rows: ResamplingAxis, _ columns: ResamplingAxis,
    _ workers: WorkerPool, of type: Value.Type
  ) throws(StatusError) {
    let sizes = try Sizes(small: dx.shape, large: dy.shape, rows, columns)
    let gradients = unsafe try dy.pointer(of: Float.self)
    let target = unsafe try dx.writablePointer(of: Value.self)
    let (inputLine, outputLine) = (sizes.inputLine, sizes.outputLine)
    let channels = sizes.channels
    let cost = Double(rows.outputSize) * (Double(inputLine) + 2 * Double(outputLine))
    workers.parallelFor(count: sizes.batch, costPerItem: cost) { range in
      var spread = [Value](repeating: 0, count: inputLine)
      for image in range {
        let pixels = unsafe target + image &* rows.inputSize &* inputLine
        for index in 0..<(rows.inputSize &* inputLine) { unsafe pixels[index] = 0 }
        for row in 0..<rows.outputSize {
          let line = unsafe gradients + (image &* rows.outputSize &+ row) &* outputLine
          for index in spread.indices { spread[index] = 0 }
          for column in 0..<columns.outputSize {
            let pixel = unsafe line + column &* channels
            for tap in columns.taps(column) {
              let start = columns.positions[tap] &* channels
              let weight = Value(columns.weights[tap])
              for channel in 0..<channels {
                spread[start &+ channel] += unsafe weight * Value(pixel[channel])
              }
            }
          }
          for tap in rows.taps(row) {
            let result = unsafe pixels + rows.positions[tap] &* inputLine
            let weight = Value(rows.weights[tap])
            for index in 0..<inputLine { unsafe result[index] += weight * spread[index] }
          }
        }
      }
    }
  }

  /// Sizes of a mix, checked against the tensors.
  private struct Sizes {
    let batch: Int
    let channels: Int
    let inputLine: Int
    let outputLine: Int

    init(
      small input: Shape, large output: Shape, _ rows: ResamplingAxis, _ columns: ResamplingAxis
    ) throws(StatusError) {
      guard input.rank == 4, output.rank == 4, input[0] == output[0], input[3] == output[3],
        input[1] == rows.inputSize, input[2] == columns.inputSize, output[1] == rows.outputSize,
        output[2] == columns.outputSize
      else { throw .internal("Cannot resample \(input) to \(output)") }
      batch = input[0]
      channels = input[3]
      inputLine = input.count(in: 2..<4)
      outputLine = output.count(in: 2..<4)
    }
  }

  /// `y[b, i, j] = x[b, rows[i], columns[j]]` for pixels of any plain dtype.
  public static func pick(
    _ x: AnyTensor, into y: AnyTensor, rows: [Int], columns: [Int], workers: WorkerPool
  ) throws(StatusError) {
    let (input, output) = (x.shape, y.shape)
    guard input.rank == 4, output.rank == 4, x.dtype == y.dtype, let size = x.dtype.byteSize,
      input[0] == output[0], input[3] == output[3], output[1] == rows.count,
      output[2] == columns.count, rows.allSatisfy({ $0 >= 0 && $0 < input[1] }),
      columns.allSatisfy({ $0 >= 0 && $0 < input[2] })
    else { throw .internal("Cannot pick \(output) from \(input)") }
    let pixel = input[3] &* size
    let source = unsafe x.buffer.pointer + x.byteOffset
    let target = unsafe y.buffer.pointer + y.byteOffset
    // Rows and columns were checked; both tensors hold plain bytes.
    workers.parallelFor(
      count: output[0] &* rows.count, costPerItem: Double(columns.count) * 3
    ) { range in
      for item in range {
        let (image, row) = (item / rows.count, rows[item % rows.count])
        let line = unsafe source + (image &* input[1] &+ row) &* input[2] &* pixel
        var result = unsafe target + item &* columns.count &* pixel
        for column in columns {
          unsafe result.copyMemory(from: line + column &* pixel, byteCount: pixel)
          unsafe result += pixel
        }
      }
    }
  }
}
