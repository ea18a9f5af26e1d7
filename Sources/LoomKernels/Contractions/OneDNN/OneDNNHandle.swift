#if OneDNN
  internal import COneDNN
  internal import LoomCore

  /// An object of oneDNN, destroyed with this one.
  ///
  /// `@unchecked Sendable` holds because oneDNN lets threads use an engine, a primitive and memory that
  /// is only read at the same time; memory that is written is one thread's while it is.
  @safe final class OneDNNHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    private let destroy: @Sendable (OpaquePointer) -> Void

    init(_ pointer: OpaquePointer, destroy: @escaping @Sendable (OpaquePointer) -> Void) {
      unsafe self.pointer = unsafe pointer
      unsafe self.destroy = unsafe destroy
    }

    deinit { unsafe destroy(pointer) }
  }

  /// What all uses of oneDNN share.
  enum OneDNNEngine {
    /// The CPU engine of the process; `nil` on a processor that oneDNN does not run on.
    static let shared: OneDNNHandle? = {
      loom_onednn_prepare_thread()
      var engine: OpaquePointer?
      guard unsafe dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success,
        let engine = unsafe engine
      else { return nil }
      return unsafe OneDNNHandle(engine) { unsafe _ = dnnl_engine_destroy($0) }
    }()

    /// Whether bfloat16 is best left to oneDNN; otherwise it is faster as Float.
    static let hasFastBFloat16 = loom_onednn_has_bfloat16_tiles()

    static func check(_ status: dnnl_status_t) throws(StatusError) {
      if status == dnnl_success { return }
      if status == dnnl_out_of_memory { throw .resourceExhausted("OOM in a oneDNN primitive") }
      throw .internal("oneDNN failed with status \(status.rawValue)")
    }
  }
#endif
