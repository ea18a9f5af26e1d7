public import LoomCore

/// A list of tensors of one dtype, the value of a variant. Elements may be unset: they are zeros of a shape
/// that is known from somewhere else.
///
/// A value: copies share elements until one of them changes. Setting, appending and removing take constant
/// time (amortised) in the only copy.
public struct TensorList: Sendable {
  /// What all elements have in common. One object, so that a list is three words.
  public final class ElementType: Sendable {
    public let dtype: DType
    /// What is known of the shapes of elements.
    public let shape: PartialShape
    /// The most elements pushing may lead to; unlimited if negative.
    public let limit: Int

    public init(dtype: DType, shape: PartialShape, limit: Int = -1) {
      self.dtype = dtype
      self.shape = shape
      self.limit = limit
    }
  }

  public let element: ElementType
  /// Elements from `start` on; those before and behind are unset.
  private var slots: [AnyTensor?]
  private var start: Int32
  private var length: Int32

  /// The most elements a list may have: sizes are 32-bit integers.
  public static let maximumCount = Int(Int32.max)

  /// Unset elements that one change may add storage for.
  private static let largestGap = 1 << 24

  /// A list of unset elements.
  public init(_ element: ElementType, count: Int = 0) {
    self.element = element
    slots = []
    start = 0
    length = Int32(clamping: Swift.max(count, 0))
  }

  /// A list of these elements.
  public init(_ element: ElementType, _ tensors: [AnyTensor?]) {
    self.element = element
    slots = tensors
    start = 0
    length = Int32(clamping: tensors.count)
  }

  public var count: Int { Int(length) }
  public var isEmpty: Bool { length == 0 }

  /// The element at `index`; `nil` if it is unset or there is none.
  public subscript(index: Int) -> AnyTensor? {
    let place = index &- Int(start)
    return place >= 0 && place < slots.count ? slots[place] : nil
  }

  /// The indices among which all set elements are.
  public var occupied: Range<Int> { Int(start)..<Int(start) + slots.count }

  /// The set elements with their indices.
  public func forEachSet<E: Error>(_ body: (Int, AnyTensor) throws(E) -> Void) throws(E) {
    for place in slots.indices {
      if let tensor = slots[place] { try body(place &+ Int(start), tensor) }
    }
  }

  /// Makes `tensor` the element at `index`, which the caller has checked to be in `0 ..< count`.
  ///
  /// - Throws: ``StatusError/Code/resourceExhausted`` if that takes storage for too many unset elements.
  public mutating func set(_ index: Int, to tensor: AnyTensor?) throws(StatusError) {
    guard index >= 0, index < count else {
      throw .internal("There is no element \(index) in a list of \(count)")
    }
    let place = index &- Int(start)
    if place >= 0, place < slots.count {
      slots[place] = tensor
      return
    }
    guard tensor != nil else { return }
    try makePlace(for: index)
    slots[index &- Int(start)] = tensor
  }

  /// Extends the storage to `index`: twice as far towards the front, as arrays do towards the end.
  private mutating func makePlace(for index: Int) throws(StatusError) {
    if slots.isEmpty {
      start = Int32(clamping: index)
      slots.append(nil)
    } else if index < Int(start) {
      let front = Swift.max(0, Swift.min(index, Int(start) - slots.count))
      try checkGap(Int(start) - front)
      slots.insert(contentsOf: repeatElement(nil, count: Int(start) - front), at: 0)
      start = Int32(clamping: front)
    } else {
      let missing = index &+ 1 &- Int(start) &- slots.count
      try checkGap(missing)
      slots.append(contentsOf: repeatElement(nil, count: missing))
    }
  }

  private func checkGap(_ size: Int) throws(StatusError) {
    guard size <= Swift.max(Self.largestGap, slots.count) else {
      throw .resourceExhausted("OOM when extending a tensor list by \(size) elements")
    }
  }

  /// Adds an element at the end.
  public mutating func append(_ tensor: AnyTensor?) throws(StatusError) {
    guard count < Self.maximumCount else {
      throw .resourceExhausted("A tensor list cannot have more than \(Self.maximumCount) elements")
    }
    length += 1
    try set(count - 1, to: tensor)
  }

  /// Adds all elements of another list at the end.
  public mutating func append(contentsOf other: TensorList) throws(StatusError) {
    guard let total = Checked.add(count, other.count), total <= Self.maximumCount else {
      throw .resourceExhausted("A tensor list cannot have more than \(Self.maximumCount) elements")
    }
    let before = count
    length = Int32(clamping: total)
    try other.forEachSet { (index, tensor) throws(StatusError) in
      try set(before + index, to: tensor)
    }
  }

  /// Takes the last element away; `nil` if it is unset or there is none.
  @discardableResult
  public mutating func removeLast() -> AnyTensor? {
    guard length > 0 else { return nil }
    length -= 1
    guard Int(start) + slots.count > count else { return nil }
    return slots.popLast() ?? nil
  }

  /// Cuts the list off at `count` elements or adds unset ones.
  public mutating func resize(to count: Int) {
    length = Int32(clamping: Swift.max(count, 0))
    let kept = Swift.max(0, self.count - Int(start))
    if slots.count > kept { slots.removeLast(slots.count - kept) }
  }

  /// The same elements under another description.
  func described(as element: ElementType) -> TensorList {
    var copy = TensorList(element)
    copy.slots = slots
    copy.start = start
    copy.length = length
    return copy
  }
}

extension TensorList: VariantValue {
  public static let typeName = "tensorflow::TensorList"
  public var typeName: String { Self.typeName }
}
