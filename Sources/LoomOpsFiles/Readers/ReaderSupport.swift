import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport
import Synchronization

/// Makes a reader in the first run, or finds it, and outputs its handle.
final class ReaderKernel: Kernel {
  private let kind: ReaderKind
  private let container: String
  private let name: String
  private let device: String
  private let isReference: Bool

  /// - Throws: ``StatusError/Code/invalidArgument`` for names TensorFlow refuses.
  init(_ construction: KernelConstruction, _ kind: ReaderKind) throws(StatusError) {
    self.kind = kind
    container = try construction.attributes.string("container")
    let shared = try construction.attributes.string("shared_name")
    guard !shared.hasPrefix("_") else {
      throw .invalidArgument("shared_name cannot start with '_':\(shared)")
    }
    name = shared.isEmpty ? construction.privateName : shared
    device = construction.device
    isReference = construction.outputTypes.first?.isReference ?? false
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let resources = context.resources
    let container = container.isEmpty ? resources.defaultContainer : container
    let source = try resources.findOrMake(RecordSource.self, container: container, name: name) {
      RecordSource(kind, name: name)
    }
    guard isReference else {
      let handle = ResourceHandle(
        device: device, container: container, name: name, typeName: RecordSource.typeName,
        resource: source)
      return try context.setOutput(0, AnyTensor(scalar: handle))
    }
    // Handles of the first generation are references to a pair of strings.
    let names = try AnyTensor(
      [ByteString(container), ByteString(name)], shape: Shape(vector: 2))
    try context.setReference(
      0, VariableCell(name: name, container: container, dtype: .string, value: names))
  }
}

/// An op that makes a reader.
protocol ReaderOp: FileOp {
  static func kind(_ attributes: Attributes) throws(StatusError) -> ReaderKind
}

extension ReaderOp {
  static var shapes: ShapeFunction {
    ShapeFunction { context in
      let isReference = context.outputTypes.first?.isReference ?? false
      context.setOutput(0, isReference ? [2] : .scalar)
    }
  }
  static var kernels: KernelTable {
    KernelTable { construction in
      try ReaderKernel(construction, kind(construction.attributes))
    }
  }
}

extension KernelContext {
  /// The container and name that handle `index` of the first generation holds.
  private func names(_ index: Int) throws(StatusError) -> (container: String, name: String) {
    let handle = try input(index)
    guard handle.dtype == .string, handle.elementCount == 2 else {
      throw .invalidArgument("Resource handle must have two elements, but had \(handle.shape)")
    }
    let texts = try handle.scalars(of: ByteString.self)
    return (texts[0].string, texts[1].string)
  }

  /// The reader behind input 0.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none,
  ///   ``StatusError/Code/invalidArgument`` if the handle names something else.
  func reader() throws(StatusError) -> RecordSource {
    let handle = try input(0)
    if handle.dtype == .string {
      let (container, name) = try names(0)
      return try resources.find(RecordSource.self, container: container, name: name)
    }
    let resource = try scalar(0, of: ResourceHandle.self)
    if let source = resource.resource as? RecordSource { return source }
    guard resource.resource == nil else {
      throw .invalidArgument("Expected the handle of a reader, got \(resource.name)")
    }
    return try resources.find(
      RecordSource.self, container: resource.container, name: resource.name)
  }

  /// The queue of work units behind input 1.
  func workQueue() throws(StatusError) -> any WorkQueue {
    let found: any WorkQueue
    let handle = try input(1)
    if handle.dtype == .resource {
      let resource = try scalar(1, of: ResourceHandle.self)
      found = try namedQueue(
        resource.resource as? any WorkQueue, resource.container, resource.name)
    } else {
      let (container, name) = try names(1)
      found = try namedQueue(nil, container, name)
    }
    guard found.carriesWork else {
      throw .invalidArgument("Expected a queue with a single string component")
    }
    return found
  }

  private func namedQueue(
    _ known: (any WorkQueue)?, _ container: String, _ name: String
  ) throws(StatusError) -> any WorkQueue {
    if let known { return known }
    for entry in resources.all where entry.container == container && entry.name == name {
      if let queue = entry.resource as? any WorkQueue { return queue }
    }
    throw .notFound("Resource \(container)/\(name)/N10tensorflow14QueueInterfaceE does not exist.")
  }
}
