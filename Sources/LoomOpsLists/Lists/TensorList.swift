public import LoomCore

/// A list of tensors of one dtype, the value of a variant. Elements may be unset: they are zeros of a shape
/// that is known from somewhere else.
///
/// A value: copies share elements until one of them changes. Setting, appending and removing take constant
/// time (amortised) in the only copy.
public struct TensorList: Sendable {
  /// What all elements have in common. One object, so that a list is three words and a variant holds it
  /// without a box.
  public final class ElementType: Sendable {
    public let dtype: DType
    /// What is known of the shapes of elements.
    public let shape: PartialShape
    /// The most elements pushing may lead to; unlimited if negative.
    public let limit: Int
    /// How deep lists nest, this one included.
    fileprivate let nesting: Int

    public convenience init(dtype: DType, shape: PartialShape, limit: Int = -1) {
      self.init(dtype: dtype, shape: shape, limit: limit, nesting: 1)
    }

    fileprivate init(dtype: DType, shape: PartialShape, limit: Int, nesting: Int) {
      self.dtype = dtype
      self.shape = shape
      self.limit = limit
      self.nesting = nesting
    }
  }

  public private(set) var element: ElementType
  private var slots: LazySlots<AnyTensor>

  /// A list of unset elements.
  public init(_ element: ElementType, count: Int = 0) {
    self.element = element
    slots = LazySlots(count: count)
  }

  /// A list of these elements.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if lists nest too deep.
  public init(_ element: ElementType, _ tensors: [AnyTensor?]) throws(StatusError) {
    self.element = element
    slots = LazySlots(tensors)
    if element.dtype == .variant { for tensor in tensors { try admit(tensor) } }
  }

  /// Counts how deep lists nest with `tensor` as an element.
  private mutating func admit(_ tensor: AnyTensor?) throws(StatusError) {
    guard let tensor, tensor.dtype == .variant else { return }
    let nesting = try tensor.nestingAsElement
    guard nesting > element.nesting else { return }
    element = ElementType(
      dtype: element.dtype, shape: element.shape, limit: element.limit, nesting: nesting)
  }

  public var count: Int { slots.count }
  public var isEmpty: Bool { slots.count == 0 }

  /// The element at `index`; `nil` if it is unset or there is none.
  public subscript(index: Int) -> AnyTensor? { slots[index] }

  /// The set elements with their indices.
  public func forEachSet<E: Error>(_ body: (Int, AnyTensor) throws(E) -> Void) throws(E) {
    try slots.forEachSet(body)
  }

  /// Makes `tensor` the element at `index`.
  ///
  /// - Throws: ``StatusError/Code/internal`` outside of `0 ..< count`;
  ///   ``StatusError/Code/resourceExhausted`` if that takes memory for too many unset elements.
  public mutating func set(_ index: Int, to tensor: AnyTensor?) throws(StatusError) {
    try admit(tensor)
    try slots.set(index, to: tensor)
  }

  /// Makes the element at `index` unset and returns it, so that it can be changed in place.
  mutating func take(_ index: Int) -> AnyTensor? { slots.take(index) }

  /// Adds an element at the end.
  ///
  /// - Throws: ``StatusError/Code/resourceExhausted`` for more elements than a 32-bit integer counts.
  public mutating func append(_ tensor: AnyTensor?) throws(StatusError) {
    try admit(tensor)
    try slots.append(tensor)
  }

  /// Adds all elements of another list at the end.
  public mutating func append(contentsOf other: TensorList) throws(StatusError) {
    try slots.append(contentsOf: other.slots)
    if other.element.nesting > element.nesting {
      element = ElementType(
        dtype: element.dtype, shape: element.shape, limit: element.limit,
        nesting: other.element.nesting)
    }
  }

  /// Takes the last element away; `nil` if it is unset or there is none.
  @discardableResult
  public mutating func removeLast() -> AnyTensor? { slots.removeLast() }

  /// Cuts the list off at `count` elements or adds unset ones.
  public mutating func resize(to count: Int) { slots.resize(to: count) }

  /// Changes what is known of the shapes of elements; there is no limit to their number any more.
  mutating func describe(as shape: PartialShape) {
    element = ElementType(
      dtype: element.dtype, shape: shape, limit: -1, nesting: element.nesting)
  }
}

extension TensorList: NestedVariant {
  var nesting: Int { element.nesting }
  public static let typeName = "tensorflow::TensorList"
  public var typeName: String { Self.typeName }
}
