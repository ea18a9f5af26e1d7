internal import FoundationEssentials
public import LoomCore

extension AnyTensor {
  /// The elements as nested JSON lists; a scalar stands alone.
  ///
  /// What JSON has no words for: NaN and the infinities are the texts `"NaN"`, `"Infinity"` and
  /// `"-Infinity"`, complex numbers are pairs, texts that are not UTF-8 are objects with their base64
  /// under `b64`.
  ///
  /// - Throws: ``StatusError/Code/unimplemented`` for resources, variants and dtypes of less than 8
  ///   bits.
  public func json() throws(StatusError) -> String {
    let texts = try JSONElements.texts(of: self)
    if shape.rank == 0 { return texts.first ?? "null" }
    var result = ""
    if elementCount == 0 {
      JSONElements.appendEmpty(shape, to: &result)
      return result
    }
    let blocks = (0..<shape.rank).map { shape.count(in: $0..<shape.rank) }
    for (index, text) in texts.enumerated() {
      if index > 0 { result += ", " }
      for block in blocks where index % block == 0 { result += "[" }
      result += text
      for block in blocks where (index + 1) % block == 0 { result += "]" }
    }
    return result
  }

  /// Reads a tensor from nested JSON lists, as ``json()`` writes them.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the text is malformed, the lists are ragged, or
  ///   an element is none of `dtype`.
  public init(
    json text: String, dtype: DType, budget: MemoryBudget = .files
  ) throws(StatusError) {
    var parser = JSONListParser(text, isPaired: dtype.isComplex)
    let (shape, elements) = try parser.parse()
    self = try JSONElements.tensor(elements, dtype: dtype, shape: shape, budget: budget)
  }

  /// Reads a string tensor from JSON of the form `{"dtype", "shape", "values_base64"}`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the text is not of that form.
  public init(
    stringsJSON bytes: [UInt8], budget: MemoryBudget = .files
  ) throws(StatusError) {
    let file: StringsFile
    do { file = try JSONDecoder().decode(StringsFile.self, from: Data(bytes)) } catch {
      throw .invalidArgument("Expected dtype, shape and values_base64 in JSON: \(error)")
    }
    var values: [ByteString] = []
    for text in file.valuesBase64 {
      guard let bytes = Data(base64Encoded: text) else {
        throw .invalidArgument("'\(text)' is not base64")
      }
      values.append(ByteString(bytes))
    }
    try self.init(values, shape: Shape(file.shape), budget: budget)
  }

  /// The strings as JSON of the form `{"dtype", "shape", "values_base64"}`.
  ///
  /// - Throws: ``StatusError/Code/internal`` for other dtypes.
  public func stringsJSON() throws(StatusError) -> [UInt8] {
    let values = try scalars(of: ByteString.self)
    let file = StringsFile(
      dtype: dtype.name, shape: shape.sizes,
      valuesBase64: values.map { Data($0.bytes).base64EncodedString() })
    do { return Array(try JSONEncoder().encode(file)) } catch {
      throw .internal("Writing JSON failed: \(error)")
    }
  }
}

private struct StringsFile: Codable {
  var dtype: String
  var shape: [Int]
  var valuesBase64: [String]

  enum CodingKeys: String, CodingKey {
    case dtype, shape
    case valuesBase64 = "values_base64"
  }
}
