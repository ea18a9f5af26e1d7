package import LoomCore

/// How the elements of a dtype lie in memory, for code that moves elements without reading them: one
/// case per element size, so that a loop is compiled eight times and not once per dtype.
package enum ElementStorage: Sendable {
  case bytes1
  case bytes2
  case bytes4
  case bytes8
  case bytes16
  case string
  case resource
  case variant

  package init(_ dtype: DType) {
    switch dtype.byteSize {
    case 1: self = .bytes1
    case 2: self = .bytes2
    case 4: self = .bytes4
    case 8: self = .bytes8
    case 16: self = .bytes16
    default:
      switch dtype.base {
      case .resource: self = .resource
      case .variant: self = .variant
      default: self = .string
      }
    }
  }

  /// Calls `job` with the type that stands for an element.
  @inline(__always)
  func run<Job: ElementJob>(_ job: Job) -> Job.Result {
    switch self {
    case .bytes1: job.run(UInt8.self)
    case .bytes2: job.run(UInt16.self)
    case .bytes4: job.run(UInt32.self)
    case .bytes8: job.run(UInt64.self)
    case .bytes16: job.run(Word16.self)
    case .string: job.run(ByteString.self)
    case .resource: job.run(ResourceHandle.self)
    case .variant: job.run(Variant.self)
    }
  }
}

/// Sixteen bytes that need no more than eight bytes' alignment.
struct Word16: BitwiseCopyable {
  var low: UInt64
  var high: UInt64
}

/// A loop over elements of a type that stands for all dtypes of its size.
protocol ElementJob {
  associatedtype Result
  func run<Element>(_ type: Element.Type) -> Result
}

extension AnyTensor {
  /// The first element's address, typed by storage. The caller has checked the storage and stays inside
  /// `elementCount`.
  @unsafe func elements<Element>(as type: Element.Type) -> UnsafeMutablePointer<Element> {
    unsafe buffer.pointer.advanced(by: byteOffset).assumingMemoryBound(to: Element.self)
  }
}
