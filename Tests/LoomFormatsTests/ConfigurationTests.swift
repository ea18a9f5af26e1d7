import Foundation
import LoomCore
import LoomFormats
import LoomGraph
import LoomProto
import LoomRuntime
import SwiftProtobuf
import Testing

@Suite struct ConfigurationTests {
  /// Every kind of field, and one nobody knows (number 999, value 7).
  private func full() throws -> Tensorflow_ConfigProto {
    let text = """
      device_count { key: "CPU" value: 3 }
      intra_op_parallelism_threads: 2 inter_op_parallelism_threads: -1
      use_per_session_threads: true placement_period: 5 device_filters: "/job:ps"
      session_inter_op_thread_pool { num_threads: 4 global_name: "g" }
      gpu_options { allow_growth: true experimental { virtual_devices { memory_limit_mb: 1 } } }
      pluggable_device_options { visible_device_list: "0" }
      allow_soft_placement: true log_device_placement: true operation_timeout_in_ms: 300
      graph_options {
        enable_recv_scheduling: true timeline_step: 2 build_cost_model: 1 build_cost_model_after: 2
        infer_shapes: true place_pruned_graph: true enable_bfloat16_sendrecv: true
        optimizer_options { opt_level: L0 global_jit_level: ON_2 do_constant_folding: true }
        rewrite_options {
          constant_folding: OFF remapping: AGGRESSIVE auto_mixed_precision: ON
          disable_meta_optimizer: true min_graph_nodes: -1 optimizers: "x"
          custom_optimizers { name: "c" parameter_map { key: "k" value { i: 1 } } }
        }
      }
      rpc_options { use_rpc_for_inprocess_master: true compression_level: 2 }
      cluster_def { job { name: "w" tasks { key: 1 value: "h:1" } } }
      isolate_session_state: true share_cluster_devices_in_session: true
      experimental {
        executor_type: "SINGLE_THREADED_EXECUTOR" session_metadata { name: "m" version: 4 }
        disable_output_partition_graphs: true use_tfrt: true coordination_config {
          service_type: "s" }
      }
      """
    let known = try Tensorflow_ConfigProto(textFormatString: text).serializedData()
    return try Tensorflow_ConfigProto(serializedBytes: known + Data([0xb8, 0x3e, 7]))
  }

  // CFG-023, CFG-024, CFG-027, CFG-028
  @Test func `a configuration keeps every field`() throws {
    let message = try full()
    let configuration = try SessionConfiguration(message)
    #expect(try Tensorflow_ConfigProto(configuration) == message)
    let bytes = try configuration.serialized()
    #expect(try SessionConfiguration(serialized: bytes) == configuration)
    // Maps have no order, so bytes are compared where each map has one entry: here.
    #expect(Data(bytes) == (try message.serializedData()))
  }

  @Test func `fields that matter are read`() throws {
    let configuration = try SessionConfiguration(full())
    #expect(configuration.deviceCount == ["CPU": 3])
    #expect(configuration.interOpParallelismThreads == -1)
    #expect(configuration.operationTimeout == .milliseconds(300))
    #expect(configuration.interOpThreadPools == [.init(threadCount: 4, globalName: "g")])
    #expect(configuration.graph.optimizer.level == .none)
    #expect(configuration.graph.optimizer.isFoldingConstants)
    #expect(!configuration.graph.optimizer.isEliminatingCommonSubexpressions)
    #expect(configuration.graph.rewriting.constantFolding == .off)
    #expect(!configuration.graph.rewriting.isEnabled(\.remapping))
    #expect(configuration.cluster == .init(jobs: [.init(name: "w", tasks: [1: "h:1"])]))
    #expect(configuration.experimental.sessionMetadata == .init(name: "m", version: 4))
    #expect(configuration.rpc.compressionLevel == 2)
  }

  @Test func `an empty configuration writes nothing`() throws {
    #expect(try SessionConfiguration().serialized() == [])
    #expect(try RunOptions().serialized() == [])
    #expect(try CallableOptions().proto() == Tensorflow_CallableOptions())
  }

  @Test func `a change is written beside what was kept`() throws {
    var configuration = try SessionConfiguration(full())
    configuration.allowsSoftPlacement = false
    configuration.graph.rewriting.remapping = .on
    configuration.cluster = nil
    var expected = try full()
    expected.allowSoftPlacement = false
    expected.graphOptions.rewriteOptions.remapping = .on
    expected.clearClusterDef()
    #expect(try Tensorflow_ConfigProto(configuration) == expected)
  }

  @Test func `numbers without a name survive`() throws {
    var message = Tensorflow_ConfigProto()
    message.graphOptions.optimizerOptions.optLevel = .UNRECOGNIZED(77)
    message.graphOptions.rewriteOptions.remapping = .UNRECOGNIZED(88)
    let configuration = try SessionConfiguration(message)
    #expect(try Tensorflow_ConfigProto(configuration) == message)
  }

  @Test func `present but empty parts stay present`() throws {
    var message = Tensorflow_ConfigProto()
    message.graphOptions = .init()
    message.experimental = .init()
    message.clusterDef = .init()
    #expect(try Tensorflow_ConfigProto(SessionConfiguration(message)) == message)
  }

  @Test func `bytes that are no configuration are refused`() {
    #expect(failure { try SessionConfiguration(serialized: [0xff]) }?.code == .dataLoss)
    #expect(failure { try SessionConfiguration(text: "nope: 1") }?.code == .invalidArgument)
  }

  // OPT-013
  @Test func `run options keep every field`() throws {
    let message = try Tensorflow_RunOptions(
      textFormatString: """
        trace_level: FULL_TRACE timeout_in_ms: -5 inter_op_thread_pool: -1
        output_partition_graphs: true report_tensor_allocations_upon_oom: true
        debug_options { global_step: 3 debug_tensor_watch_opts {
          node_name: "n" output_slot: 1 debug_ops: "DebugIdentity" debug_urls: "file:///tmp" } }
        experimental { collective_graph_key: 5 run_handler_pool_options { priority: 1 } }
        """)
    let options = try RunOptions(message)
    #expect(options.trace == .full)
    #expect(options.traces)
    #expect(options.timeout == .milliseconds(-5))
    #expect(options.debugging.watches.first?.ops == ["DebugIdentity"])
    #expect(try Tensorflow_RunOptions(options) == message)
  }

  @Test func `durations become whole milliseconds`() throws {
    func written(_ duration: Duration) throws -> Int64 {
      try Tensorflow_RunOptions(RunOptions(timeout: duration)).timeoutInMs
    }
    #expect(try written(.milliseconds(300)) == 300)
    #expect(try written(.microseconds(1)) == 1)
    #expect(try written(.seconds(Int64.max)) == .max)
  }

  @Test func `callable options keep every field`() throws {
    let message = try Tensorflow_CallableOptions(
      textFormatString: """
        feed: "a:0" fetch: "b:0" target: "c" run_options { timeout_in_ms: 5 }
        tensor_connection { from_tensor: "x:0" to_tensor: "y:0" }
        feed_devices { key: "a:0" value: "/cpu:0" } fetch_devices { key: "b:0" value: "/cpu:0" }
        fetch_skip_sync: true
        """)
    #expect(try CallableOptions(message).proto() == message)
  }

  @Test func `a server's definition keeps every field`() throws {
    let message = try Tensorflow_ServerDef(
      textFormatString: """
        cluster { job { name: "w" tasks { key: 0 value: "h:1" } } }
        job_name: "w" task_index: 0 replica: 1 protocol: "grpc" port: 5
        default_session_config { placement_period: 3 }
        cluster_device_filters {
          jobs { name: "w" tasks { key: 0 value { device_filters: "/job:ps" } } } }
        """)
    #expect(try ServerDefinition(message).proto() == message)
  }

  @Test func `metadata of a traced step survives`() throws {
    let path = ModelFiles.path("timeline/run_metadata.pb")
    let message = try Tensorflow_RunMetadata(
      serializedBytes: Data(contentsOf: URL(filePath: path)))
    let metadata = try RunMetadata(message)
    #expect(metadata.stepStatistics.devices.count == 2)
    #expect(metadata.stepStatistics.devices.allSatisfy { !$0.nodes.isEmpty })
    let again = try Tensorflow_RunMetadata(metadata)
    #expect(again.stepStats == message.stepStats)
    #expect(again.costGraph == message.costGraph)
    #expect(again.partitionGraphs.count == message.partitionGraphs.count)
  }
}
