extension AnyTensor: Hashable {
  /// Same dtype, shape and elements; plain dtypes are compared bit for bit, so NaN equals itself and
  /// the two zeros differ.
  public static func == (a: AnyTensor, b: AnyTensor) -> Bool {
    guard a.dtype == b.dtype, a.shape == b.shape else { return false }
    if a.buffer === b.buffer, a.byteOffset == b.byteOffset { return true }
    do throws(StatusError) {
      switch a.dtype {
      case .string: return try a.scalars(of: ByteString.self) == b.scalars(of: ByteString.self)
      case .resource:
        return try a.scalars(of: ResourceHandle.self) == b.scalars(of: ResourceHandle.self)
      case .variant: return false
      default:
        let left = try a.bytes()
        let right = try b.bytes()
        return left.byteOffsets.allSatisfy {
          unsafe left.unsafeLoad(fromByteOffset: $0, as: UInt8.self)
            == right.unsafeLoad(fromByteOffset: $0, as: UInt8.self)
        }
      }
    } catch {
      return false  // Unreachable: both dtypes were compared above.
    }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(dtype)
    hasher.combine(shape)
    guard dtype.byteSize != nil else { return }
    do throws(StatusError) {
      let bytes = try bytes()
      // A prefix is enough to tell constants apart cheaply; equality decides.
      for index in 0..<Swift.min(bytes.byteCount, 64) {
        hasher.combine(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
      }
    } catch {}  // Elements that are not bytes don't take part.
  }
}
