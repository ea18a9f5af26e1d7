import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// How the keyed staging areas of one family are called, and which key they give first.
protocol StagingFamily: SendableMetatype {
  static var prefix: String { get }
  static var isOrdered: Bool { get }
}

/// Keys leave in no particular order.
enum UnorderedStaging: StagingFamily {
  static let prefix = ""
  static let isOrdered = false
}

/// The least key leaves first.
enum OrderedStaging: StagingFamily {
  static let prefix = "Ordered"
  static let isOrdered = true
}

extension StagingFamily {
  /// All ops of the family.
  static var ops: [any OpDefinition.Type] {
    [
      MapStage<Self>.self, MapPeek<Self>.self, MapUnstage<Self>.self, MapUnstageNoKey<Self>.self,
      MapSize<Self>.self, MapIncompleteSize<Self>.self, MapClear<Self>.self,
    ]
  }

  fileprivate static func signature(
    _ name: String, inputs: [String] = [], outputs: [String] = [], _ attributes: [String]
  ) -> OpSignature {
    OpSignature(
      prefix + name, inputs: inputs, outputs: outputs, attributes: attributes, isStateful: true)
  }
}

/// Puts components of an element under its key; waits while the area is full.
enum MapStage<Family: StagingFamily>: StatefulOp {
  static var signature: OpSignature {
    Family.signature(
      "MapStage", inputs: ["key: int64", "indices: int32", "values: fake_dtypes"],
      StagingAttributes.fake)
  }
  static var shapes: ShapeFunction { .none }
  static var kernels: KernelTable {
    MapStageKernel.table(Family.isOrdered) { map, context, types in
      let key = try context.stagingKey()
      let indices = try context.stagingIndices(1)
      var tensors: [AnyTensor] = []
      for input in try context.inputs(2..<context.inputCount) {
        tensors.append(try input.kept(budget: context.budget))
      }
      guard indices.count == tensors.count else {
        throw StatusError.invalidArgument(
          "Expected as many indices as values, got \(indices.count) and \(tensors.count)")
      }
      for (place, index) in indices.enumerated() {
        guard index < types.count else {
          throw StatusError.invalidArgument(
            "Index '\(index)' for key '\(key)' was out of bounds '\(types.count)'.")
        }
        guard tensors[place].dtype == types[index] else {
          throw StatusError.invalidArgument(
            "Expected \(types[index]) at index '\(index)', got \(tensors[place].dtype)")
        }
      }
      return try map.room.submit(
        MapStageRequest(key: key, indices: indices, tensors: tensors), context)
    }
  }
}

/// Looks at components of a key; waits until its element is whole.
enum MapPeek<Family: StagingFamily>: StatefulOp {
  static var signature: OpSignature {
    Family.signature(
      "MapPeek", inputs: ["key: int64", "indices: int32"], outputs: ["values: dtypes"],
      StagingAttributes.typed)
  }
  static var shapes: ShapeFunction { .unknown }
  static var kernels: KernelTable {
    MapStageKernel.table(Family.isOrdered) { map, context, types in
      let request = MapUnstageRequest(
        .key(try context.stagingKey()), try context.stagingIndices(1), types: types,
        removes: false)
      return try map.room.submit(request, context)
    }
  }
}

/// Takes components of a key out; waits until its element is whole.
enum MapUnstage<Family: StagingFamily>: StatefulOp {
  static var signature: OpSignature {
    Family.signature(
      "MapUnstage", inputs: ["key: int64", "indices: int32"], outputs: ["values: dtypes"],
      StagingAttributes.typed)
  }
  static var shapes: ShapeFunction { .unknown }
  static var kernels: KernelTable {
    MapStageKernel.table(Family.isOrdered) { map, context, types in
      let request = MapUnstageRequest(
        .key(try context.stagingKey()), try context.stagingIndices(1), types: types, removes: true)
      return try map.room.submit(request, context)
    }
  }
}

/// Takes components of some whole element out, with its key; waits while there is none.
enum MapUnstageNoKey<Family: StagingFamily>: StatefulOp {
  static var signature: OpSignature {
    Family.signature(
      "MapUnstageNoKey", inputs: ["indices: int32"], outputs: ["key: int64", "values: dtypes"],
      StagingAttributes.typed)
  }
  static var shapes: ShapeFunction { .unknown }
  static var kernels: KernelTable {
    MapStageKernel.table(Family.isOrdered) { map, context, types in
      let request = MapUnstageRequest(
        Family.isOrdered ? .least : .latest, try context.stagingIndices(0), types: types,
        removes: true)
      return try map.room.submit(request, context)
    }
  }
}

/// The number of whole elements.
enum MapSize<Family: StagingFamily>: StatefulOp {
  static var signature: OpSignature {
    Family.signature("MapSize", outputs: ["size: int32"], StagingAttributes.untyped)
  }
  static var shapes: ShapeFunction { .scalar }
  static var kernels: KernelTable {
    MapStageKernel.table(Family.isOrdered) { map, context, _ in
      let count = try map.room.read { $0.complete.count }
      try context.setScalar(0, Int32(clamping: count))
      return nil
    }
  }
}

/// The number of elements that still lack components.
enum MapIncompleteSize<Family: StagingFamily>: StatefulOp {
  static var signature: OpSignature {
    Family.signature("MapIncompleteSize", outputs: ["size: int32"], StagingAttributes.untyped)
  }
  static var shapes: ShapeFunction { .scalar }
  static var kernels: KernelTable {
    MapStageKernel.table(Family.isOrdered) { map, context, _ in
      let count = try map.room.read { $0.incomplete.count }
      try context.setScalar(0, Int32(clamping: count))
      return nil
    }
  }
}

/// Empties the area.
enum MapClear<Family: StagingFamily>: StatefulOp {
  static var signature: OpSignature { Family.signature("MapClear", StagingAttributes.untyped) }
  static var shapes: ShapeFunction { .none }
  static var kernels: KernelTable {
    MapStageKernel.table(Family.isOrdered) { map, _, _ in
      try map.room.update { state in
        state = StagingMapState(
          name: state.name, limits: state.limits, componentCount: state.componentCount)
      }
      return nil
    }
  }
}

/// A kernel that works on the keyed staging area its node names, and may have to wait for it.
private final class MapStageKernel: AsyncKernel {
  typealias Body =
    @Sendable (StagingMap, borrowing KernelContext, [DType]) throws -> (any Suspension)?

  private let plain: SharedResource<StagingMap>
  private let ordered: SharedResource<OrderedStagingMap>
  private let isOrdered: Bool
  private let limits: StagingLimits
  private let types: [DType]
  private let body: Body

  init(
    _ construction: KernelConstruction, _ isOrdered: Bool, _ body: @escaping Body
  ) throws(StatusError) {
    plain = try SharedResource(construction, usesNodeName: true)
    ordered = try SharedResource(construction, usesNodeName: true)
    self.isOrdered = isOrdered
    limits = try StagingLimits(construction.attributes)
    types = try construction.attributes.types("dtypes")
    self.body = body
  }

  static func table(_ isOrdered: Bool, _ body: @escaping Body) -> KernelTable {
    KernelTable { construction in try MapStageKernel(construction, isOrdered, body) }
  }

  private func map(in resources: ResourceManager) throws(StatusError) -> StagingMap {
    let (limits, count) = (limits, types.count)
    guard isOrdered else {
      return try plain.resource(in: resources) { (name) throws(StatusError) in
        StagingMap(name: name, limits: limits, componentCount: count)
      }.resource
    }
    return try ordered.resource(in: resources) { (name) throws(StatusError) in
      OrderedStagingMap(StagingMap(name: name, limits: limits, componentCount: count))
    }.resource.map
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let map = try map(in: context.resources)
    do { return try body(map, context, types) } catch { throw StatusError.wrapping(error) }
  }
}

extension KernelContext {
  fileprivate func stagingKey() throws(StatusError) -> Int64 {
    let tensor = try input(0)
    guard tensor.elementCount == 1 else {
      throw .invalidArgument(
        "key must be an int64 scalar, got tensor with shape: \(tensor.shape)")
    }
    return try tensor.element(0, of: Int64.self)
  }

  /// Component numbers in ascending order.
  fileprivate func stagingIndices(_ input: Int) throws(StatusError) -> [Int] {
    let indices = try self.input(input).integers()
    for (place, index) in indices.enumerated() {
      guard index >= 0, place == 0 || indices[place - 1] < index else {
        throw .invalidArgument("Indices are not strictly ordered")
      }
    }
    return indices
  }
}
