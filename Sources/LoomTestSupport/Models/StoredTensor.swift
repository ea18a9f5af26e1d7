import Foundation
public import LoomCore
import LoomFormats

/// A tensor as manifests list it: in a file of its own, or with its values in place.
public struct StoredTensor: Sendable, Decodable {
  public let file: String?
  /// numpy's name: `float32`, `bfloat16`, `string`, …
  public let dtype: String?
  public let shape: [Int]?
  public let rtol: Double?
  public let atol: Double?
  public let check: String?
  /// The tensor's name in a signature.
  public let tensor: String?
  /// Why stock TensorFlow does not read it.
  public let error: String?
  /// Bits of the elements in hexadecimal, beside `values`.
  public let bits: [String]?
  /// Elements of texts, in place.
  public let values: [Value]?

  /// One element in place.
  public enum Value: Sendable, Decodable {
    case number(Double)
    case text(String)
    case flag(Bool)

    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  /// Whether only shape and dtype are to be compared.
  public var isLoose: Bool { check != nil }

  public var tolerance: Tolerance { Tolerance(relative: rtol ?? 0, absolute: atol ?? 0) }

  /// The dtype as ours.
  public var elementType: DType? {
    switch dtype {
    case "float32": .float
    case "float64": .double
    case "float16": .half
    case let name?: DType(name: name)
    case nil: nil
    }
  }

  /// The value.
  ///
  /// - Parameter folder: the model's folder.
  public func load(from folder: String) throws(StatusError) -> AnyTensor {
    guard let type = elementType else {
      throw .invalidArgument("A manifest names the unknown dtype \(dtype ?? "nil")")
    }
    guard let file else { return try inPlace(type) }
    let path = Fixtures.path("models/\(folder)/\(file)")
    if type == .string {
      return try AnyTensor(stringsJSON: Array(try readFile(path)))
    }
    return try AnyTensor(npyFile: path, as: type)
  }

  private func inPlace(_ type: DType) throws(StatusError) -> AnyTensor {
    let shape = try Shape(shape ?? [])
    let texts = (values ?? []).map { value in
      switch value {
      case .number(let number): type.isFloatingPoint ? "\(number)" : "\(Int64(number))"
      case .text(let text): "\"\(text)\""
      case .flag(let flag): "\(flag)"
      }
    }
    let list = "[" + texts.joined(separator: ",") + "]"
    return try AnyTensor(json: list, dtype: type).reshaped(to: shape)
  }
}
