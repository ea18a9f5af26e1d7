public import LoomCore

/// A value to be fed whose dtype the tensor it is fed to decides, with TensorFlow's rules.
///
/// A single integer must be representable in that dtype (``StatusError/Code/invalidArgument``
/// otherwise; floating dtypes may round it). Everything else is converted as numpy does: integers in
/// lists wrap, floating numbers lose their fraction, too large ones become infinite, complex numbers
/// lose their imaginary part, text is parsed, `nil` is NaN. Text for a string tensor is taken as UTF-8.
public enum FeedValue: Sendable {
  /// `nil`: not a number.
  case missing
  case bool(Bool)
  case int(Int64)
  case unsigned(UInt64)
  case double(Double)
  case complex(Complex128)
  case string(ByteString)
  /// A row of values; rows side by side must have equal shapes.
  case list([FeedValue])
  /// A tensor of any dtype.
  case tensor(AnyTensor)
}

/// Swift values that can be fed to a tensor of any dtype they can be converted to.
public protocol FeedValueConvertible {
  var feedValue: FeedValue { get }
}

extension FeedValue: FeedValueConvertible {
  public var feedValue: FeedValue { self }
}
extension Bool: FeedValueConvertible { public var feedValue: FeedValue { .bool(self) } }
extension String: FeedValueConvertible {
  public var feedValue: FeedValue { .string(ByteString(self)) }
}
extension ByteString: FeedValueConvertible { public var feedValue: FeedValue { .string(self) } }
extension FixedWidthInteger {
  fileprivate var integerValue: FeedValue {
    if let value = Int64(exactly: self) { return .int(value) }
    return .unsigned(UInt64(truncatingIfNeeded: self))
  }
}
extension Int: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension Int8: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension Int16: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension Int32: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension Int64: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension UInt: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension UInt8: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension UInt16: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension UInt32: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension UInt64: FeedValueConvertible { public var feedValue: FeedValue { integerValue } }
extension Float: FeedValueConvertible { public var feedValue: FeedValue { .double(Double(self)) } }
extension Double: FeedValueConvertible { public var feedValue: FeedValue { .double(self) } }
extension Complex: FeedValueConvertible {
  public var feedValue: FeedValue {
    .complex(Complex128(real.doubleValue, imaginary.doubleValue))
  }
}
extension AnyTensor: FeedValueConvertible { public var feedValue: FeedValue { .tensor(self) } }
extension Tensor: FeedValueConvertible { public var feedValue: FeedValue { .tensor(erased) } }
extension Array: FeedValueConvertible where Element: FeedValueConvertible {
  public var feedValue: FeedValue { .list(map(\.feedValue)) }
}
extension Optional: FeedValueConvertible where Wrapped: FeedValueConvertible {
  public var feedValue: FeedValue { self?.feedValue ?? .missing }
}

extension FeedValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral
{
  public init(nilLiteral: ()) { self = .missing }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .string(ByteString(value)) }
  public init(arrayLiteral elements: FeedValue...) { self = .list(elements) }
}
