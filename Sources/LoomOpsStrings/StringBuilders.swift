public import LoomCore
public import LoomGraph

/// The elements of `x` as texts, in the shortest form that `printf` gives with this precision.
///
/// - SeeAlso: TensorFlow op `AsString`.
public func asString<Scalar: TensorScalar>(
  _ x: Output<Scalar>, precision: Int = -1, name: String? = nil
) throws(StatusError) -> Output<ByteString> {
  try Output(
    x.graph.addOperation(
      "AsString", inputs: [x.erased], attributes: ["precision": .int(Int64(precision))],
      name: name
    ).output(0))
}

/// The numbers that texts spell; a run fails with ``StatusError/Code/invalidArgument`` for other texts.
///
/// - SeeAlso: TensorFlow op `StringToNumber`.
public func stringToNumber<Scalar: RealScalar>(
  _ texts: Output<ByteString>, as type: Scalar.Type = Scalar.self, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    texts.graph.addOperation(
      "StringToNumber", inputs: [texts.erased], attributes: ["out_type": .type(Scalar.dtype)],
      name: name
    ).output(0))
}

/// Texts in lower case: all letters of UTF-8, or those of ASCII.
///
/// - SeeAlso: TensorFlow op `StringLower`.
public func lowercased(
  _ texts: Output<ByteString>, asciiOnly: Bool = false, name: String? = nil
) throws(StatusError) -> Output<ByteString> {
  try text("StringLower", texts, ["encoding": asciiOnly ? "" : "utf-8"], name)
}

/// Texts in upper case: all letters of UTF-8, or those of ASCII.
///
/// - SeeAlso: TensorFlow op `StringUpper`.
public func uppercased(
  _ texts: Output<ByteString>, asciiOnly: Bool = false, name: String? = nil
) throws(StatusError) -> Output<ByteString> {
  try text("StringUpper", texts, ["encoding": asciiOnly ? "" : "utf-8"], name)
}

/// Texts without white space at their ends.
///
/// - SeeAlso: TensorFlow op `StringStrip`.
public func stringStrip(
  _ texts: Output<ByteString>, name: String? = nil
) throws(StatusError) -> Output<ByteString> {
  try text("StringStrip", texts, [:], name)
}

/// The lengths of texts in bytes, or in characters of UTF-8.
///
/// - SeeAlso: TensorFlow op `StringLength`.
public func stringLength(
  _ texts: Output<ByteString>, inCharacters: Bool = false, name: String? = nil
) throws(StatusError) -> Output<Int32> {
  try Output(
    texts.graph.addOperation(
      "StringLength", inputs: [texts.erased],
      attributes: ["unit": inCharacters ? "UTF8_CHAR" : "BYTE"], name: name
    ).output(0))
}

/// Texts with matches of RE2's `pattern` rewritten: `\0` to `\9` in `rewrite` stand for groups.
///
/// - Throws: nothing for a malformed pattern; a run fails with ``StatusError/Code/invalidArgument``.
/// - SeeAlso: TensorFlow op `StaticRegexReplace`.
public func regexReplace(
  _ texts: Output<ByteString>, _ pattern: String, with rewrite: String,
  onlyFirst: Bool = false, name: String? = nil
) throws(StatusError) -> Output<ByteString> {
  try text(
    "StaticRegexReplace", texts,
    [
      "pattern": .string(ByteString(pattern)), "rewrite": .string(ByteString(rewrite)),
      "replace_global": .bool(!onlyFirst),
    ], name)
}

/// Whether whole texts match RE2's `pattern`.
///
/// - Throws: nothing for a malformed pattern; a run fails with ``StatusError/Code/invalidArgument``.
/// - SeeAlso: TensorFlow op `StaticRegexFullMatch`.
public func regexFullMatch(
  _ texts: Output<ByteString>, _ pattern: String, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try Output(
    texts.graph.addOperation(
      "StaticRegexFullMatch", inputs: [texts.erased],
      attributes: ["pattern": .string(ByteString(pattern))], name: name
    ).output(0))
}

/// Buckets of texts by FarmHash's `Fingerprint64`, the same on every machine.
///
/// - Throws: ``StatusError/Code/invalidArgument`` unless there is at least one bucket.
/// - SeeAlso: TensorFlow op `StringToHashBucketFast`.
public func hashBuckets(
  _ texts: Output<ByteString>, count: Int, name: String? = nil
) throws(StatusError) -> Output<Int64> {
  try Output(
    texts.graph.addOperation(
      "StringToHashBucketFast", inputs: [texts.erased],
      attributes: ["num_buckets": .int(Int64(count))], name: name
    ).output(0))
}

private func text(
  _ op: String, _ texts: Output<ByteString>, _ attributes: [String: AttributeValue],
  _ name: String?
) throws(StatusError) -> Output<ByteString> {
  try Output(
    texts.graph.addOperation(op, inputs: [texts.erased], attributes: attributes, name: name)
      .output(0))
}
