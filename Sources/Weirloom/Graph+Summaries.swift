public import LoomCore
public import LoomGraph

extension Graph {
  /// A `Summary` message with one number under a tag, for event files. It joins the collection
  /// `summaries`.
  ///
  /// - SeeAlso: TensorFlow op `ScalarSummary`.
  public func scalarSummary<Scalar: RealScalar>(
    _ tag: String, _ value: Output<Scalar>, name: String? = nil
  ) throws(StatusError) -> Output<ByteString> {
    try summary("ScalarSummary", tag, value.erased, name)
  }

  /// A `Summary` message with the distribution of a tensor's elements under a tag, for event files. It
  /// joins the collection `summaries`. A run fails for elements that are not finite.
  ///
  /// - SeeAlso: TensorFlow op `HistogramSummary`.
  public func histogramSummary<Scalar: RealScalar>(
    _ tag: String, _ values: Output<Scalar>, name: String? = nil
  ) throws(StatusError) -> Output<ByteString> {
    try summary("HistogramSummary", tag, values.erased, name)
  }

  /// One message with the values of all summaries of the collection `summaries`; `nil` if there are none.
  ///
  /// - SeeAlso: TensorFlow's `summary.merge_all`.
  public func mergedSummaries(name: String? = nil) throws(StatusError) -> Output<ByteString>? {
    let parts = collection(CollectionKey.summaries, of: AnyOutput.self)
    guard !parts.isEmpty else { return nil }
    return try Output(
      addOperation(
        "MergeSummary", inputs: parts, attributes: ["N": .int(Int64(parts.count))], name: name
      ).output(0))
  }

  private func summary(
    _ op: String, _ tag: String, _ values: AnyOutput, _ name: String?
  ) throws(StatusError) -> Output<ByteString> {
    let message = try addOperation(
      op, inputs: [constant(ByteString(tag)).erased, values], name: name
    ).output(0)
    try addToCollections([CollectionKey.summaries], message)
    return try Output(message)
  }
}
