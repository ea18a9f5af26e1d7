#if OneDNN
  internal import COneDNN
  internal import LoomCore

  /// Weights in the layout a primitive chose, in memory of their own.
  ///
  /// Written by one thread, before the object is shared or while it is checked out of a pool.
  final class OneDNNWeights: Sendable {
    let memory: OneDNNHandle
    /// Elements, padding included.
    let elementCount: Int
    private let engine: OneDNNHandle

    init(
      _ descriptor: dnnl_memory_desc_t, elementSize: Int, engine: OneDNNHandle
    ) throws(StatusError) {
      var descriptor = descriptor
      var memory: OpaquePointer?
      // DNNL_MEMORY_ALLOCATE, a cast that Swift does not import: oneDNN allocates and owns the bytes.
      let allocate = unsafe UnsafeMutableRawPointer(bitPattern: UInt.max)
      try unsafe OneDNNEngine.check(
        dnnl_memory_create(&memory, &descriptor, engine.pointer, allocate))
      guard let memory = unsafe memory else { throw .internal("Expected a oneDNN memory object") }
      self.memory = unsafe OneDNNHandle(memory) { unsafe _ = dnnl_memory_destroy($0) }
      elementCount = unsafe Int(dnnl_memory_desc_get_size(&descriptor)) / elementSize
      self.engine = engine
    }

    /// Fills these weights from dense ones with the layout of `descriptor`.
    func pack(_ plain: UnsafeRawPointer, _ descriptor: dnnl_memory_desc_t) throws(StatusError) {
      let view = try unsafe view(UnsafeMutableRawPointer(mutating: plain), descriptor)
      try unsafe OneDNNEngine.check(loom_reorder(engine.pointer, view.pointer, memory.pointer))
    }

    /// Writes these weights to dense memory with the layout of `descriptor`.
    func unpack(
      into plain: UnsafeMutableRawPointer, _ descriptor: dnnl_memory_desc_t
    ) throws(StatusError) {
      let view = try unsafe view(plain, descriptor)
      try unsafe OneDNNEngine.check(loom_reorder(engine.pointer, memory.pointer, view.pointer))
    }

    /// The elements, for weights of type Float.
    @unsafe func floats() throws(StatusError) -> UnsafeMutablePointer<Float> {
      var data: UnsafeMutableRawPointer?
      try unsafe OneDNNEngine.check(dnnl_memory_get_data_handle(memory.pointer, &data))
      guard let data = unsafe data else { throw .internal("Expected memory behind oneDNN weights") }
      return unsafe data.assumingMemoryBound(to: Float.self)
    }

    /// Dense memory of the caller as oneDNN sees it.
    private func view(
      _ plain: UnsafeMutableRawPointer, _ descriptor: dnnl_memory_desc_t
    ) throws(StatusError) -> OneDNNHandle {
      loom_onednn_prepare_thread()
      var descriptor = descriptor
      var memory: OpaquePointer?
      try unsafe OneDNNEngine.check(
        dnnl_memory_create(&memory, &descriptor, engine.pointer, plain))
      guard let memory = unsafe memory else { throw .internal("Expected a oneDNN memory object") }
      return unsafe OneDNNHandle(memory) { unsafe _ = dnnl_memory_destroy($0) }
    }
  }
#endif
