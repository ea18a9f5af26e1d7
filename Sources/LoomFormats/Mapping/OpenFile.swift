package import LoomCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file of the system, closed when nobody refers to it any more. Thread-safe as the system's calls
/// are: sequential reads of several threads share one position.
package final class OpenFile: Sendable {
  package let path: String
  private let descriptor: Int32

  /// Opens a file for reading.
  ///
  /// - Throws: ``StatusError/Code/notFound``, ``StatusError/Code/permissionDenied``,
  ///   ``StatusError/Code/failedPrecondition`` for a folder, ``StatusError/Code/unknown``.
  package init(reading path: String) throws(StatusError) {
    guard !path.utf8.contains(0) else { throw .invalidArgument("A path contains a zero byte") }
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    self.path = path
    guard descriptor >= 0 else { throw OpenFile.failure(path) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
      close(descriptor)
      throw .failedPrecondition("\(path); Is a directory")
    }
  }

  /// Makes a new file, or empties the one that is there.
  ///
  /// - Throws: as ``init(reading:)``.
  package init(writing path: String) throws(StatusError) {
    guard !path.utf8.contains(0) else { throw .invalidArgument("A path contains a zero byte") }
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    self.path = path
    guard descriptor >= 0 else { throw OpenFile.failure(path) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The next bytes, at most `count`; none at the end.
  package func read(upTo count: Int) throws(StatusError) -> [UInt8] {
    unsafe try fill(count) { base, count, done in
      unsafe Glibc.read(self.descriptor, base + done, count - done)
    }
  }

  /// At most `count` bytes from `offset` on; fewer at the end.
  package func read(at offset: Int, count: Int) throws(StatusError) -> [UInt8] {
    guard offset >= 0 else { throw .outOfRange("\(path); a negative offset") }
    return unsafe try fill(count) { base, count, done in
      unsafe pread(self.descriptor, base + done, count - done, offset &+ done)
    }
  }

  /// Reads until there are `count` bytes or no more come.
  private func fill(
    _ count: Int, _ call: (UnsafeMutableRawPointer, Int, Int) -> Int
  ) throws(StatusError) -> [UInt8] {
    guard count > 0 else { return [] }
    // More than memory holds cannot be read at once, whatever a file's size or a number in it says.
    guard count <= MemoryBudget.files.limit else {
      throw .resourceExhausted("\(path); cannot read \(count) bytes at once")
    }
    var failed = false
    // The system writes inside `count` bytes, which the array has reserved.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      while initialized < count {
        let read = unsafe call(UnsafeMutableRawPointer(base), count, initialized)
        if read < 0 && errno == EINTR { continue }
        if read <= 0 {
          failed = read < 0
          return
        }
        initialized += read
      }
    }
    if failed { throw OpenFile.failure(path) }
    return bytes
  }

  /// Appends `bytes`.
  package func write(_ bytes: [UInt8]) throws(StatusError) {
    var done = 0
    while done < bytes.count {
      // Inside the array: `done` is below its count.
      let written = unsafe bytes.withUnsafeBytes {
        unsafe $0.baseAddress.map {
          unsafe Glibc.write(descriptor, $0 + done, bytes.count - done)
        } ?? 0
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw OpenFile.failure(path) }
      done += written
    }
  }

  /// The size of the file in bytes.
  package var byteCount: Int {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  /// What the system's last error means.
  @inline(never)
  static func failure(_ path: String) -> StatusError {
    let code = errno
    let text = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    let message = "\(path); \(text)"
    return switch code {
    case ENOENT: .notFound(message)
    case EACCES, EPERM, EROFS: StatusError(.permissionDenied, message)
    case EEXIST: StatusError(.alreadyExists, message)
    case EISDIR, ENOTDIR, ENOTEMPTY: .failedPrecondition(message)
    case ENOSPC, EMFILE, ENFILE, ENOMEM, EDQUOT: .resourceExhausted(message)
    case EINVAL, ENAMETOOLONG: .invalidArgument(message)
    default: StatusError(.unknown, message)
    }
  }
}
