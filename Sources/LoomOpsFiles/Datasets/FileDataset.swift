import LoomCore
import LoomFormats
import LoomKernels
import LoomOpsData

/// The records of files, one file after the other.
struct FileDataset: DatasetValue {
  let elements: ElementSpecification
  /// Opens file `index`.
  let open: @Sendable (Int) throws -> any ElementStream
  let count: Int

  /// - Parameter elements: one text unless another kind is given.
  init(
    count: Int,
    elements: ElementSpecification = ElementSpecification(types: [.string], shapes: [.scalar]),
    _ open: @escaping @Sendable (Int) throws -> any ElementStream
  ) {
    self.count = count
    self.elements = elements
    self.open = open
  }

  func makeIterator(_ services: StepServices) -> sending any DatasetIterator { Iterator(self) }

  private final class Iterator: DatasetIterator {
    private let dataset: FileDataset
    private var index = 0
    private var stream: (any ElementStream)?

    init(_ dataset: FileDataset) { self.dataset = dataset }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      while index < dataset.count {
        try services.cancellation.check()
        do {
          let current = try stream ?? dataset.open(index)
          stream = current
          if let element = try current.next() { return element }
        } catch {
          let status = StatusError.wrapping(error)
          // A record that cannot be understood is skipped; a file that cannot be read is left.
          if status.code != .invalidArgument || stream == nil { advance() }
          throw status
        }
        advance()
      }
      return nil
    }

    private func advance() {
      stream = nil
      index += 1
    }
  }
}

/// The elements that one file holds.
protocol ElementStream: AnyObject {
  /// The next element; `nil` at the file's end.
  func next() throws(StatusError) -> [AnyTensor]?
}

/// One text after the other.
final class TextStream: ElementStream {
  private let read: () throws -> [UInt8]?

  init(_ read: @escaping () throws -> [UInt8]?) { self.read = read }

  func next() throws(StatusError) -> [AnyTensor]? {
    let bytes: [UInt8]?
    do { bytes = try read() } catch { throw StatusError.wrapping(error) }
    guard let bytes else { return nil }
    return [try AnyTensor(scalar: ByteString(bytes: bytes))]
  }
}

extension KernelContext {
  /// The file names of input 0.
  func fileNames() throws(StatusError) -> [String] {
    let names = try input(0)
    guard names.shape.rank <= 1 else {
      throw .invalidArgument("`filenames` must be a scalar or a vector.")
    }
    return try names.scalars(of: ByteString.self).map(\.string)
  }

  /// The compression that scalar input `index` names.
  func compression(_ index: Int) throws(StatusError) -> Compression {
    try Compression(name: argument(index, "compression_type", of: ByteString.self).string)
  }

  /// Bytes to read at once, from scalar input `index`; zero asks for what is usual.
  func bufferSize(_ index: Int) throws(StatusError) -> Int {
    let size = Int(try argument(index, "buffer_size", of: Int64.self))
    guard size >= 0 else {
      throw .invalidArgument("`buffer_size` must be >= 0 (0 == default)")
    }
    return size == 0 ? ByteStream.defaultChunk : size
  }
}
