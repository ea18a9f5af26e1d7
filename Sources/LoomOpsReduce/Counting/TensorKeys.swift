import LoomCore

/// Numbers that are equal exactly where the elements of tensors are equal.
///
/// Keys of several tensors may be compared if the same value made them. Zeros of either sign are
/// equal; every NaN is a value of its own.
struct TensorKeys {
  private var strings: [ByteString: UInt64] = [:]
  private var nanCount: UInt64 = 0

  // Patterns that stand for NaN in every floating dtype, and never for a number.
  private static let firstNaN: UInt64 = 0xFFF8_0000_0000_0000

  mutating func keys(of tensor: AnyTensor) throws(StatusError) -> [UInt64] {
    switch tensor.dtype {
    case .string:
      let texts = try tensor.scalars(of: ByteString.self)
      var result: [UInt64] = []
      result.reserveCapacity(texts.count)
      for text in texts {
        if let known = strings[text] {
          result.append(known)
        } else {
          let key = UInt64(strings.count)
          strings[text] = key
          result.append(key)
        }
      }
      return result
    case .float:
      return floating(try bits(tensor, .uint32, UInt32.self), exponent: 0xFF << 23, sign: 1 << 31)
    case .double:
      return floating(
        try bits(tensor, .uint64, UInt64.self), exponent: 0x7FF << 52, sign: 1 << 63)
    case .half:
      return floating(try bits(tensor, .uint16, UInt16.self), exponent: 0x1F << 10, sign: 1 << 15)
    case .bfloat16:
      return floating(try bits(tensor, .uint16, UInt16.self), exponent: 0xFF << 7, sign: 1 << 15)
    default:
      switch tensor.dtype.byteSize {
      case 1: return try bits(tensor, .uint8, UInt8.self)
      case 2: return try bits(tensor, .uint16, UInt16.self)
      case 4: return try bits(tensor, .uint32, UInt32.self)
      case 8: return try bits(tensor, .uint64, UInt64.self)
      default: throw .unimplemented("Elements of \(tensor.dtype) have no keys")
      }
    }
  }

  private func bits<Word: IntegerScalar>(
    _ tensor: AnyTensor, _ dtype: DType, _ type: Word.Type
  ) throws(StatusError) -> [UInt64] {
    let words = try tensor.bitcast(to: dtype, shape: tensor.shape)
    let span = try words.span(of: Word.self)
    var result: [UInt64] = []
    result.reserveCapacity(span.count)
    for index in 0..<span.count { result.append(UInt64(truncatingIfNeeded: span[index])) }
    return result
  }

  private mutating func floating(
    _ bits: [UInt64], exponent: UInt64, sign: UInt64
  ) -> [UInt64] {
    var result = bits
    for index in result.indices {
      let value = result[index]
      if value == sign {
        result[index] = 0
      } else if value & ~sign > exponent {
        result[index] = TensorKeys.firstNaN &+ nanCount
        nanCount &+= 1
      }
    }
    return result
  }
}

/// A hash table from keys to the order of their first appearance.
struct KeyTable {
  // Twice as many places as keys, at least; -1 is a free place.
  private var places: [Int]
  private let mask: Int
  private(set) var keys: [UInt64] = []
  // Differs from process to process, so that no input can be prepared to collide.
  private static let seed = UInt64.random(in: 0 ... .max)

  init(capacity: Int) {
    var size = 16
    while size < 2 * Swift.max(capacity, 0) && size < 1 << 40 { size *= 2 }
    places = [Int](repeating: -1, count: size)
    mask = size - 1
    keys.reserveCapacity(Swift.min(capacity, 1024))
  }

  private func place(of key: UInt64) -> Int {
    var hash = key ^ KeyTable.seed
    hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    hash ^= hash >> 33
    return Int(truncatingIfNeeded: hash) & mask
  }

  /// The number of `key`, if it was inserted.
  func find(_ key: UInt64) -> Int? {
    var place = place(of: key)
    while places[place] >= 0 {
      if keys[places[place]] == key { return places[place] }
      place = (place + 1) & mask
    }
    return nil
  }

  /// The number of `key`, which is inserted if it is new. At most `capacity` keys fit.
  mutating func insert(_ key: UInt64) -> Int {
    var place = place(of: key)
    while places[place] >= 0 {
      if keys[places[place]] == key { return places[place] }
      place = (place + 1) & mask
    }
    places[place] = keys.count
    keys.append(key)
    return keys.count - 1
  }
}
