public import LoomCore
import Synchronization

/// Chooses devices for between-graph replication: operations that own variables go round-robin to
/// the tasks of the parameter servers, everything else to the workers.
///
/// ```swift
/// try graph.withDevice(choosing: ReplicaDeviceSetter(parameterServerTasks: 2).device(for:)) { … }
/// ```
public final class ReplicaDeviceSetter: Sendable {
  /// The op types that own variables and tables.
  public static let standardParameterServerOps: Set<String> = [
    "Variable", "VariableV2", "AutoReloadVariable", "MutableHashTable", "MutableHashTableV2",
    "MutableHashTableOfTensors", "MutableHashTableOfTensorsV2", "MutableDenseHashTable",
    "MutableDenseHashTableV2", "VarHandleOp", "BoostedTreesEnsembleResourceHandleOp",
    "BoostedTreesQuantileStreamResourceHandleOp", "ResourceConditionalAccumulator",
    "DecisionTreeResource",
  ]

  private let taskCount: Int
  private let parameterServer: DeviceSpecification
  private let worker: DeviceSpecification
  private let mergesDevices: Bool
  private let ops: Set<String>
  private let next = Atomic<UInt>(0)

  /// - Parameters:
  ///   - parameterServerTasks: the number of tasks; 0 or less puts everything on the workers.
  ///   - mergesDevices: merge with the device an operation has; `false` leaves such operations alone.
  /// - Throws: ``StatusError/Code/invalidArgument`` if a device can't be parsed.
  public init(
    parameterServerTasks: Int, parameterServerDevice: String = "/job:ps",
    workerDevice: String = "/job:worker", mergesDevices: Bool = true,
    ops: Set<String> = standardParameterServerOps
  ) throws(StatusError) {
    taskCount = Swift.max(parameterServerTasks, 0)
    parameterServer = try DeviceSpecification(parameterServerDevice)
    worker = try DeviceSpecification(workerDevice)
    self.mergesDevices = mergesDevices
    self.ops = ops
  }

  /// The device of a new operation.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the operation's own device can't be parsed.
  public func device(for operation: Operation) throws -> String {
    let requested = operation.device
    if !mergesDevices, !requested.isEmpty { return requested }
    let current = try DeviceSpecification(requested)
    guard taskCount > 0, !parameterServer.isEmpty, ops.contains(operation.type) else {
      return worker.merging(current).description
    }
    var device = parameterServer
    // A task number belongs to our job only: another job's tasks are not ours to deal out.
    if let job = device.job, current.job == nil || current.job == job {
      let turn = next.wrappingAdd(1, ordering: .relaxed).oldValue
      device.task = Int(turn % UInt(taskCount))
    }
    return device.merging(current).description
  }
}
