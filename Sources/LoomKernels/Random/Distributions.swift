public import LoomCore

/// How elements of one kind come from a generator's blocks, in groups.
public protocol RandomDistribution: Sendable {
  associatedtype Scalar: TrivialScalar
  /// Elements that are made together: at most four.
  static var groupSize: Int { get }
  /// Blocks from the start of one group to the start of the next.
  static var stride: UInt64 { get }
  /// A group from `generator`, which stands at the group's start; elements behind `groupSize` mean
  /// nothing.
  func group(_ generator: inout Philox) -> InlineArray<4, Scalar>
}

extension RandomDistribution {
  @inlinable public static var groupSize: Int { 4 }
  @inlinable public static var stride: UInt64 { 1 }
}

/// Numbers from words: the low bits become the mantissa of a number in 1 ..< 2, less one.
public enum RandomBits {
  @inlinable public static func float(_ x: UInt32) -> Float {
    Float(bitPattern: x & 0x007F_FFFF | 0x3F80_0000) - 1
  }
  @inlinable public static func half(_ x: UInt32) -> Float16 {
    Float16(bitPattern: UInt16(truncatingIfNeeded: x & 0x03FF) | 0x3C00) - 1
  }
  @inlinable public static func bfloat16(_ x: UInt32) -> BFloat16 {
    BFloat16(Float(bitPattern: (x & 0x7F) << 16 | 0x3F80_0000) - 1)
  }
  @inlinable public static func double(_ high: UInt32, _ low: UInt32) -> Double {
    Double(bitPattern: UInt64(high & 0x000F_FFFF) << 32 | UInt64(low) | 0x3FF0_0000_0000_0000) - 1
  }
  @inlinable public static func wide(_ low: UInt32, _ high: UInt32) -> UInt64 {
    UInt64(high) << 32 | UInt64(low)
  }

  /// Two normal numbers from two words (G. E. P. Box, M. E. Muller, 1958).
  ///
  /// The angle is formed in double precision, the rest in single with the C library's functions, so
  /// that the bits are TensorFlow's.
  @inlinable public static func normals(_ x0: UInt32, _ x1: UInt32) -> (Float, Float) {
    // The logarithm of zero would be infinite.
    let u1 = Swift.max(float(x0), 1.0e-7)
    let angle = Float(2 * Double.pi * Double(float(x1)))
    let radius = (-2 * Float.log(u1)).squareRoot()
    return (Float.sin(angle) * radius, Float.cos(angle) * radius)
  }

  /// Two normal numbers from a block.
  @inlinable public static func normals(_ x: SIMD4<UInt32>) -> (Double, Double) {
    let u1 = Swift.max(double(x[0], x[1]), 1.0e-7)
    let angle = 2 * Double.pi * double(x[2], x[3])
    let radius = (-2 * Double.log(u1)).squareRoot()
    return (Double.sin(angle) * radius, Double.cos(angle) * radius)
  }
}

// MARK: Uniform numbers in 0 ..< 1

public struct UniformFloats: RandomDistribution {
  @inlinable public init() {}
  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, Float> {
    let x = generator.next()
    return [
      RandomBits.float(x[0]), RandomBits.float(x[1]), RandomBits.float(x[2]),
      RandomBits.float(x[3]),
    ]
  }
}

public struct UniformHalves: RandomDistribution {
  @inlinable public init() {}
  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, Float16> {
    let x = generator.next()
    return [
      RandomBits.half(x[0]), RandomBits.half(x[1]), RandomBits.half(x[2]), RandomBits.half(x[3]),
    ]
  }
}

public struct UniformBFloats: RandomDistribution {
  @inlinable public init() {}
  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, BFloat16> {
    let x = generator.next()
    return [
      RandomBits.bfloat16(x[0]), RandomBits.bfloat16(x[1]), RandomBits.bfloat16(x[2]),
      RandomBits.bfloat16(x[3]),
    ]
  }
}

public struct UniformDoubles: RandomDistribution {
  @inlinable public init() {}
  @inlinable public static var groupSize: Int { 2 }
  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, Double> {
    let x = generator.next()
    return [RandomBits.double(x[0], x[1]), RandomBits.double(x[2], x[3]), 0, 0]
  }
}

// MARK: Integers

/// 32-bit integers in `start ..< start + range`; all of them for a range of 0.
public struct UniformWords<Scalar: IntegerScalar>: RandomDistribution {
  @usableFromInline let start: Scalar
  @usableFromInline let range: UInt32

  @inlinable public init(start: Scalar = 0, range: UInt32 = 0) {
    self.start = start
    self.range = range
  }

  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, Scalar> {
    var x = generator.next()
    if range > 0 { x %= SIMD4(repeating: range) }
    return [
      start &+ Scalar(truncatingIfNeeded: x[0]), start &+ Scalar(truncatingIfNeeded: x[1]),
      start &+ Scalar(truncatingIfNeeded: x[2]), start &+ Scalar(truncatingIfNeeded: x[3]),
    ]
  }
}

/// 64-bit integers in `start ..< start + range`; all of them for a range of 0.
public struct UniformWideWords<Scalar: IntegerScalar>: RandomDistribution {
  @usableFromInline let start: Scalar
  @usableFromInline let range: UInt64

  @inlinable public init(start: Scalar = 0, range: UInt64 = 0) {
    self.start = start
    self.range = range
  }

  @inlinable public static var groupSize: Int { 2 }
  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, Scalar> {
    let x = generator.next()
    var (a, b) = (RandomBits.wide(x[0], x[1]), RandomBits.wide(x[2], x[3]))
    if range > 0 { (a, b) = (a % range, b % range) }
    return [start &+ Scalar(truncatingIfNeeded: a), start &+ Scalar(truncatingIfNeeded: b), 0, 0]
  }
}

// MARK: Normal numbers

/// Normal numbers of a type that computes in Float.
public struct NormalNumbers<Scalar: FloatingScalar>: RandomDistribution
where Scalar.Accumulator == Float {
  @inlinable public init() {}
  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, Scalar> {
    let x = generator.next()
    let (a, b) = RandomBits.normals(x[0], x[1])
    let (c, d) = RandomBits.normals(x[2], x[3])
    return [Scalar(a), Scalar(b), Scalar(c), Scalar(d)]
  }
}

public struct NormalDoubles: RandomDistribution {
  @inlinable public init() {}
  @inlinable public static var groupSize: Int { 2 }
  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, Double> {
    let (a, b) = RandomBits.normals(generator.next())
    return [a, b, 0, 0]
  }
}

/// Normal numbers of absolute value below 2. Each group has a stretch of the stream for itself, because
/// it rejects an unknown number of candidates.
public struct TruncatedNormals<Scalar: FloatingScalar>: RandomDistribution
where Scalar.Accumulator == Float {
  @inlinable public init() {}
  @inlinable public static var stride: UInt64 { 256 }
  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, Scalar> {
    var words = PhiloxWords(generator)
    var result = InlineArray<4, Scalar>(repeating: .zero)
    var count = 0
    while count < 4 {
      let (a, b) = RandomBits.normals(words.next(), words.next())
      if a.magnitude < 2 {
        result[count] = Scalar(a)
        count &+= 1
      }
      if b.magnitude < 2 && count < 4 {
        result[count] = Scalar(b)
        count &+= 1
      }
    }
    return result
  }
}

public struct TruncatedNormalDoubles: RandomDistribution {
  @inlinable public init() {}
  @inlinable public static var groupSize: Int { 2 }
  @inlinable public static var stride: UInt64 { 128 }
  @inlinable public func group(_ generator: inout Philox) -> InlineArray<4, Double> {
    var words = PhiloxWords(generator)
    var result = InlineArray<4, Double>(repeating: 0)
    var count = 0
    while count < 2 {
      let (a, b) = RandomBits.normals(
        SIMD4(words.next(), words.next(), words.next(), words.next()))
      if a.magnitude < 2 {
        result[count] = a
        count &+= 1
      }
      if b.magnitude < 2 && count < 2 {
        result[count] = b
        count &+= 1
      }
    }
    return result
  }
}
