import CZlib
package import LoomCore

/// Compresses to zlib's or gzip's format, piece by piece. Used by one thread at a time.
@safe package final class Deflater {
  private let stream: UnsafeMutablePointer<z_stream>

  /// - Throws: ``StatusError/Code/resourceExhausted`` if zlib has no memory.
  package init(isGzip: Bool) throws(StatusError) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // Sixteen added to the window's size asks for gzip's header.
    let status = unsafe deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, isGzip ? MAX_WBITS + 16 : MAX_WBITS, 9,
      Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      throw .resourceExhausted("deflateInit() failed with error \(status)")
    }
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// What comes out for the next bytes; with `isLast` all that is left.
  package func deflate(_ bytes: [UInt8], isLast: Bool) throws(StatusError) -> [UInt8] {
    var result: [UInt8] = []
    var start = 0
    var isFinished = false
    while start < bytes.count || isLast && !isFinished {
      var used = 0
      var status = Z_OK
      let available = Swift.min(bytes.count - start, Int(UInt32.max))
      // zlib reads `avail_in` bytes from `next_in` and writes `avail_out` to `next_out` at most: both
      // lie inside their arrays, and the pointers are forgotten before the arrays can go.
      result += unsafe [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, initialized in
        unsafe bytes.withUnsafeBufferPointer { source in
          guard let base = buffer.baseAddress else { return }
          unsafe stream.pointee.next_in = unsafe source.baseAddress.map {
            unsafe UnsafeMutablePointer(mutating: $0) + start
          }
          unsafe stream.pointee.avail_in = UInt32(available)
          unsafe stream.pointee.next_out = base
          unsafe stream.pointee.avail_out = 1 << 16
          status = unsafe CZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
          used = unsafe available - Int(stream.pointee.avail_in)
          initialized = unsafe 1 << 16 - Int(stream.pointee.avail_out)
          unsafe stream.pointee.next_in = nil
          unsafe stream.pointee.next_out = nil
        }
      }
      start += used
      isFinished = status == Z_STREAM_END
      guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
        throw StatusError(.internal, "deflate() failed with error \(status)")
      }
    }
    return result
  }
}
