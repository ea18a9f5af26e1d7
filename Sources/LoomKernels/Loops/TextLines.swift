package import LoomCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The lines of a file, one after the other, without their ends; carriage returns are left out
/// wherever they stand.
package final class TextLines {
  private static let blockSize = 1 << 16

  private let path: String
  private let descriptor: Int32
  private var block: [UInt8] = []
  private var place = 0
  /// Bytes read so far.
  package private(set) var position = 0

  /// - Throws: ``StatusError/Code/notFound`` if there is no such file,
  ///   ``StatusError/Code/permissionDenied``, ``StatusError/Code/failedPrecondition`` for a directory.
  package init(path: String) throws(StatusError) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TextLines.failure(path, errno) }
  }

  deinit { close(descriptor) }

  /// The next line; `nil` behind the last one. An end of line at the file's end begins no line.
  package func next() throws(StatusError) -> ByteString? {
    var line: [UInt8] = []
    while true {
      if place == block.count {
        guard try fill() else { return line.isEmpty ? nil : ByteString(bytes: line) }
      }
      let byte = block[place]
      place += 1
      position += 1
      if byte == UInt8(ascii: "\n") { return ByteString(bytes: line) }
      if byte != UInt8(ascii: "\r") { line.append(byte) }
    }
  }

  /// Reads a block; `false` at the end of the file.
  private func fill() throws(StatusError) -> Bool {
    var failed: Int32 = 0
    let descriptor = descriptor
    block = unsafe [UInt8](unsafeUninitializedCapacity: TextLines.blockSize) { buffer, count in
      let result = unsafe read(descriptor, buffer.baseAddress, TextLines.blockSize)
      failed = result < 0 ? errno : 0
      count = Swift.max(result, 0)
    }
    place = 0
    guard failed == 0 else { throw TextLines.failure(path, failed) }
    return !block.isEmpty
  }

  @inline(never)
  private static func failure(_ path: String, _ number: Int32) -> StatusError {
    let reason = unsafe String(cString: strerror(number))
    let message = "\(path); \(reason)"
    switch number {
    case ENOENT: return .notFound(message)
    case EACCES, EPERM: return StatusError(.permissionDenied, message)
    case EISDIR, ENOTDIR: return .failedPrecondition(message)
    default: return StatusError(.unknown, message)
    }
  }
}
