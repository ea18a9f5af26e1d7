import LoomCore
import LoomKernels
import Synchronization

/// The tensors of a TensorArray, which lives for one step. Thread-safe.
///
/// Each element is written once, so that the gradient of a read knows which write it belongs to; in the
/// array of gradients later writes add to earlier ones.
final class TensorArrayState: StepResource {
  struct Element: Sendable {
    /// The tensor, or only its shape: zeros that nobody has asked for yet.
    enum Content: Sendable {
      case tensor(AnyTensor)
      case shape(Shape)
    }

    var content: Content
    var isRead = false
    /// The tensor was let go of when it was read.
    var isCleared = false

    var shape: Shape {
      switch content {
      case .tensor(let tensor): tensor.shape
      case .shape(let shape): shape
      }
    }
  }

  private struct State {
    var elements: LazySlots<Element>
    var elementShape: PartialShape
    var isDynamic: Bool
    var isClosed = false
    /// Sums have no single write that their gradient could go back to.
    var hasSums = false
    /// The size an unpack or a split gave the array; -1 before.
    var markedSize = -1
    var gradients: [String: TensorArrayState] = [:]
  }

  /// How an array is made.
  struct Options: Sendable {
    var dtype: DType
    var elementShape = PartialShape.unknown
    var isDynamic = false
    var clearsAfterRead = true
    var hasIdenticalShapes = false
    /// Holds gradients: writes add up, and what was never written is zero.
    var isGradient = false
  }

  let name: String
  let stepID: Int
  let options: Options
  private let state: Mutex<State>

  init(name: String, size: Int, stepID: Int, _ options: Options) {
    self.name = name
    self.stepID = stepID
    self.options = options
    state = Mutex(
      State(
        elements: LazySlots(count: size), elementShape: options.elementShape,
        isDynamic: options.isDynamic))
  }

  var summary: String { "TensorArray[\(state.withLock { $0.elements.count })]" }
  var dtype: DType { options.dtype }

  private func withOpen<R: Sendable>(
    _ body: (inout State) throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try state.withLock { (state) throws(StatusError) -> R in
      if state.isClosed { throw fault(" has already been closed.") }
      return try body(&state)
    }
  }

  @inline(never)
  private func fault(_ text: String) -> StatusError {
    .invalidArgument("TensorArray \(name)\(text)")
  }

  // MARK: Size

  func size() throws(StatusError) -> Int {
    try withOpen { state in state.elements.count }
  }

  /// The size, and whether writes may extend it.
  func extent() throws(StatusError) -> (size: Int, isDynamic: Bool) {
    try withOpen { state in (state.elements.count, state.isDynamic) }
  }

  /// The elements that packing and concatenating take.
  func packedIndices() throws(StatusError) -> [Int] {
    let isGradient = options.isGradient
    let size = try withOpen { state in isGradient ? state.markedSize : state.elements.count }
    try ListLimit.check(size)
    return Array(0..<Swift.max(size, 0))
  }

  func markSize(_ size: Int) throws(StatusError) {
    let isGradient = options.isGradient
    try withOpen { state in if !isGradient { state.markedSize = size } }
  }

  /// Adds to what is known of the shapes of elements.
  func mergeShape(_ shape: PartialShape) throws(StatusError) {
    if shape.rank == nil { return }
    try withOpen { (state) throws(StatusError) in
      state.elementShape = try merge(state.elementShape, shape)
    }
  }

  /// Lets go of all elements; using the array is an error from now on.
  func close() {
    let released = state.withLock { state -> LazySlots<Element> in
      state.isClosed = true
      defer { state.elements = LazySlots() }
      return state.elements
    }
    _ = released
  }

  // MARK: Writing

  /// Makes `tensor` the element at `index`, or adds it to what is there.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is no such element, it cannot be written any
  ///   more, or the tensor does not fit.
  func write(
    _ index: Int, _ tensor: AnyTensor, budget: MemoryBudget
  ) throws(StatusError) {
    try withOpen { (state) throws(StatusError) in
      try self.write(index, tensor, budget, &state)
    }
  }

  func write(
    _ indices: [Int], budget: MemoryBudget, _ tensor: (Int) throws(StatusError) -> AnyTensor
  ) throws(StatusError) {
    try withOpen { (state) throws(StatusError) in
      for place in indices.indices {
        try self.write(indices[place], tensor(place), budget, &state)
      }
    }
  }

  private func write(
    _ index: Int, _ tensor: AnyTensor, _ budget: MemoryBudget, _ state: inout State
  ) throws(StatusError) {
    if index < 0 || index >= state.elements.count {
      guard state.isDynamic, index >= 0, index < LazySlots<Element>.maximumCount else {
        throw fault(
          ": Tried to write to index \(index) but array is not resizeable and size is: "
            + "\(state.elements.count)")
      }
      state.elements.resize(to: index + 1)
    }
    guard tensor.dtype == dtype else {
      throw unwritable(
        index, "the value dtype is \(tensor.dtype) but TensorArray dtype is \(dtype).")
    }
    guard state.elementShape.isCompatible(with: tensor.shape) else {
      throw unwritable(
        index,
        "the value shape is \(tensor.shape) which is incompatible with the TensorArray's inferred "
          + "element shape: \(state.elementShape) (consider setting infer_shape=False).")
    }
    if options.hasIdenticalShapes, !state.elementShape.isFullyDefined {
      state.elementShape = PartialShape(tensor.shape)
    }
    guard var element = state.elements.take(index) else {
      return try state.elements.set(index, to: Element(content: .tensor(tensor)))
    }
    do throws(StatusError) {
      try add(tensor, to: &element, at: index, budget)
    } catch {
      try state.elements.set(index, to: element)
      throw error
    }
    state.hasSums = true
    try state.elements.set(index, to: element)
  }

  @inline(never)
  private func unwritable(_ index: Int, _ why: String) -> StatusError {
    fault(": Could not write to TensorArray index \(index) because \(why)")
  }

  /// Writes an element again.
  private func add(
    _ tensor: AnyTensor, to element: inout Element, at index: Int, _ budget: MemoryBudget
  ) throws(StatusError) {
    if element.isRead { throw unwritable(index, "it has already been read.") }
    guard options.isGradient else {
      throw unwritable(index, "it has already been written to.")
    }
    guard tensor.shape == element.shape else {
      throw fault(
        ": Could not aggregate to TensorArray index \(index) because the existing shape is "
          + "\(element.shape) but the new input shape is \(tensor.shape).")
    }
    guard case .tensor(var sum) = element.content, sum.elementCount > 0 else {
      element.content = .tensor(tensor)
      return
    }
    guard Set<DType>.numeric.contains(dtype) else {
      throw .invalidArgument("tensor_array::AddToTensor type not supported: \(dtype)")
    }
    // The sum is taken out of the element, so that it may hold the only reference.
    element.content = .shape(tensor.shape)
    defer { element.content = .tensor(sum) }
    try sum.add(tensor, budget: budget)
  }

  // MARK: Reading

  /// The element at `index`; zeros where nothing was written and the shape is known.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is no such element or it was let go of.
  func read(_ index: Int, budget: MemoryBudget) throws(StatusError) -> AnyTensor {
    try withOpen { (state) throws(StatusError) -> AnyTensor in
      try self.read(index, budget, &state)
    }
  }

  func read(_ indices: [Int], budget: MemoryBudget) throws(StatusError) -> [AnyTensor] {
    try ListLimit.check(indices.count)
    return try withOpen { (state) throws(StatusError) -> [AnyTensor] in
      var tensors: [AnyTensor] = []
      tensors.reserveCapacity(indices.count)
      for index in indices { tensors.append(try self.read(index, budget, &state)) }
      return tensors
    }
  }

  private func read(
    _ index: Int, _ budget: MemoryBudget, _ state: inout State
  ) throws(StatusError) -> AnyTensor {
    guard index >= 0, options.isGradient || index < state.elements.count else {
      throw .invalidArgument(
        "Tried to read from index \(index) but array size is: \(state.elements.count)")
    }
    var element: Element
    if let present = state.elements[index] {
      element = present
    } else {
      element = try unwritten(index, &state)
    }
    guard !element.isCleared else {
      throw fault(
        ": Could not read index \(index) twice because it was cleared after a previous read "
          + "(perhaps try setting clear_after_read = false?).")
    }
    let tensor: AnyTensor
    switch element.content {
    case .tensor(let present): tensor = present
    case .shape(let shape):
      tensor = try .zeros(dtype: dtype, shape: shape, budget: budget)
      element.content = .tensor(tensor)
    }
    let clears = options.clearsAfterRead
    if clears || !element.isRead {
      element.isRead = true
      element.isCleared = clears
      if clears { element.content = .shape(tensor.shape) }
      try state.elements.set(index, to: element)
    }
    return tensor
  }

  /// Zeros in place of an element that was never written: its gradient may have been stopped.
  private func unwritten(
    _ index: Int, _ state: inout State
  ) throws(StatusError) -> Element {
    guard let shape = state.elementShape.fullyDefined else {
      throw fault(
        ": Could not read from TensorArray index \(index).  Furthermore, the element shape is not "
          + "fully defined: \(state.elementShape).  It is possible you are working with a "
          + "resizeable TensorArray and stop_gradients is not allowing the gradients to be "
          + "written.  If you set the full element_shape property on the forward TensorArray, the "
          + "proper all-zeros tensor will be returned instead of incurring this error.")
    }
    if index >= state.elements.count { state.elements.resize(to: index + 1) }
    return Element(content: .shape(shape))
  }

  // MARK: Gradients

  /// The array that collects gradients of this one for the call that `source` names. It has the shapes of
  /// the elements written so far.
  ///
  /// - Parameter prefix: Dimensions in front of each shape.
  func gradient(
    source: String, prefix: Shape?
  ) throws(StatusError) -> TensorArrayState {
    guard !options.isGradient else {
      throw .invalidArgument("Wrong input container. _tensor_array_grads\(name)")
    }
    let name = "\(self.name)@\(source)"
    var options = options
    options.isDynamic = false
    options.isGradient = true
    options.clearsAfterRead = true
    return try withOpen { (state) throws(StatusError) -> TensorArrayState in
      // Once gradients are computed, writes may no longer extend the array.
      state.isDynamic = false
      guard !state.hasSums else {
        throw .invalidArgument(
          "Unable to create a gradients TensorArray for \(self.name).  Perhaps you used the "
            + "multiple_writes_aggregate flag on a previous write?  Gradient calculation is "
            + "impossible when multiple writes are performed to the same index.")
      }
      if let found = state.gradients[source] { return found }
      options.elementShape = PartialShape(prefix ?? .scalar).concatenated(with: state.elementShape)
      let made = TensorArrayState(
        name: name, size: state.elements.count, stepID: stepID, options)
      try made.copyShapes(of: state, prefix: prefix)
      state.gradients[source] = made
      return made
    }
  }

  private func copyShapes(of other: State, prefix: Shape?) throws(StatusError) {
    try withOpen { (state) throws(StatusError) in
      state.markedSize = other.markedSize
      try other.elements.forEachSet { (index, element) throws(StatusError) in
        var shape = element.shape
        if let prefix, prefix.rank > 0 { shape = try Shape(prefix.sizes + shape.sizes) }
        try state.elements.set(index, to: Element(content: .shape(shape)))
      }
    }
  }
}
