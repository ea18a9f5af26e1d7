import CZlib
package import LoomCore

/// Decompresses what zlib or gzip have compressed, piece by piece. Used by one thread at a time.
@safe package final class Inflater {
  private let stream: UnsafeMutablePointer<z_stream>
  private let isGzip: Bool
  package private(set) var isFinished = false

  /// - Throws: ``StatusError/Code/resourceExhausted`` if zlib has no memory.
  package init(isGzip: Bool) throws(StatusError) {
    self.isGzip = isGzip
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // Sixteen added to the window's size asks for gzip's header.
    let status = unsafe inflateInit2_(
      stream, isGzip ? MAX_WBITS + 16 : MAX_WBITS, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      throw .resourceExhausted("inflateInit() failed with error \(status)")
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// What comes out of the next bytes.
  ///
  /// - Parameters:
  ///   - input: compressed bytes from `start` on; `start` moves behind those that were used.
  ///   - limit: how many bytes come out at most.
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are damaged.
  package func inflate(
    _ input: [UInt8], from start: inout Int, limit: Int
  ) throws(StatusError) -> [UInt8] {
    guard start >= 0, start <= input.count, limit > 0 else { return [] }
    let available = Swift.min(input.count - start, Int(UInt32.max))
    let room = Swift.min(limit, Int(UInt32.max))
    var status = Z_OK
    var used = 0
    // zlib reads `avail_in` bytes from `next_in` and writes `avail_out` to `next_out` at most: both lie
    // inside their arrays, and the pointers are forgotten before the arrays can go.
    let output = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, initialized in
      unsafe input.withUnsafeBufferPointer { source in
        guard let base = buffer.baseAddress, let first = source.baseAddress else { return }
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: first) + start
        unsafe stream.pointee.avail_in = UInt32(available)
        unsafe stream.pointee.next_out = base
        unsafe stream.pointee.avail_out = UInt32(room)
        status = unsafe CZlib.inflate(stream, Z_SYNC_FLUSH)
        used = unsafe available - Int(stream.pointee.avail_in)
        initialized = unsafe room - Int(stream.pointee.avail_out)
        unsafe stream.pointee.next_in = nil
        unsafe stream.pointee.next_out = nil
      }
    }
    start += used
    if status == Z_STREAM_END {
      // Files of gzip may be several, one after the other.
      if isGzip { unsafe inflateReset(stream) } else { isFinished = true }
    } else if status != Z_OK && status != Z_BUF_ERROR {
      let detail = unsafe stream.pointee.msg.map { unsafe ": " + String(cString: $0) } ?? ""
      throw StatusError(.dataLoss, "inflate() failed with error \(status)\(detail)")
    }
    return output
  }
}
