import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A handle to an iterator, which is made without a dataset if there is none of that name.
enum IteratorV2: IteratorHandleOp {
  static let signature = OpSignature(
    "IteratorV2", outputs: ["handle: resource"],
    attributes: [
      "shared_name: string", "container: string", "output_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1",
    ], isStateful: true)
}

/// The first form of ``IteratorV2``.
enum IteratorV1: IteratorHandleOp {
  static let signature = OpSignature(
    "Iterator", outputs: ["handle: resource"],
    attributes: [
      "shared_name: string", "container: string", "output_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1",
    ], isStateful: true)
}

protocol IteratorHandleOp: OpDeclaration {}

extension IteratorHandleOp {
  static var shapes: ShapeFunction { .scalar }
  static var gradient: GradientRule { .undefined }
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static var kernels: KernelTable {
    KernelTable { node in
      let elements = try ElementSpecification(node.attributes)
      let container = try node.attributes.string("container")
      let shared = try node.attributes.string("shared_name")
      let name = shared.isEmpty ? node.nodeName : shared
      let device = node.device
      return ClosureKernel { context in
        let container = container.isEmpty ? context.resources.defaultContainer : container
        let resource = try context.resources.findOrMake(
          IteratorResource.self, container: container, name: name
        ) { IteratorResource(name: name, container: container, elements: elements) }
        if let known = resource.elements { try known.checkAccepts(elements) }
        try context.setOutput(0, resource.handle(device: device))
      }
    }
  }
}

/// A new iterator in every run, found through its handle only.
enum AnonymousIterator: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousIterator", outputs: ["handle: resource"],
    attributes: ["output_types: list(type) >= 1", "output_shapes: list(shape) >= 1"],
    isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = IteratorResource.anonymousKernels
}

/// A new iterator in every run, with what ``DeleteIterator`` takes.
enum AnonymousIteratorV2: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousIteratorV2", outputs: ["handle: resource", "deleter: variant"],
    attributes: ["output_types: list(type) >= 1", "output_shapes: list(shape) >= 1"],
    isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = IteratorResource.anonymousKernels
}

/// A new iterator in every run; it goes with its last handle.
enum AnonymousIteratorV3: OpDeclaration {
  static let signature = OpSignature(
    "AnonymousIteratorV3", outputs: ["handle: resource"],
    attributes: ["output_types: list(type) >= 1", "output_shapes: list(shape) >= 1"],
    isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = IteratorResource.anonymousKernels
}

/// Lets an iterator go.
enum DeleteIterator: OpDeclaration {
  static let signature = OpSignature(
    "DeleteIterator", inputs: ["handle: resource", "deleter: variant"], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    try context.requireRank(1, 0)
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.iterator(0).clear()
  }
}

/// The name of the device an iterator is on.
enum IteratorGetDevice: OpDeclaration {
  static let signature = OpSignature(
    "IteratorGetDevice", inputs: ["resource: resource"], outputs: ["device: string"],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.requireRank(0, 0)
    context.setOutput(0, .scalar)
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { node in
    let device = ByteString(node.device)
    return ClosureKernel { context in try context.setScalar(0, device) }
  }
}

extension IteratorResource {
  fileprivate static let anonymousKernels = KernelTable { node in
    let elements = try ElementSpecification(node.attributes)
    let device = node.device
    return ClosureKernel { context in
      let resource = IteratorResource(
        name: "AnonymousIterator\(context.resources.nextNumber())",
        container: context.resources.defaultContainer, elements: elements)
      try context.setOutput(0, resource.handle(device: device))
      // The handle owns the iterator: a deleter has nothing left to do.
      if context.outputCount > 1 { try context.setOutput(1, AnyTensor(scalar: Variant())) }
    }
  }

  /// A tensor with the handle of this iterator.
  func handle(device: String) throws(StatusError) -> AnyTensor {
    var components: [ResourceHandle.Component] = []
    if let elements {
      for (type, shape) in zip(elements.types, elements.shapes) {
        components.append(.init(dtype: type, shape: shape))
      }
    }
    return try AnyTensor(
      scalar: ResourceHandle(
        device: device, container: container, name: name,
        typeName: IteratorResource.typeName, components: components, resource: self))
  }

  static let typeName = "N10tensorflow4data16IteratorResourceE"
}

extension KernelContext {
  /// The iterator behind the resource handle of input `index`.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if there is none of that name,
  ///   ``StatusError/Code/invalidArgument`` if the handle names something else.
  func iterator(_ index: Int) throws(StatusError) -> IteratorResource {
    let handle: ResourceHandle = try scalar(index)
    if let resource = handle.resource {
      if let iterator = resource as? IteratorResource { return iterator }
      throw .invalidArgument(
        "Trying to access resource \(handle.name) as an iterator, but it is \(resource.summary)")
    }
    return try resources.find(
      IteratorResource.self, container: handle.container, name: handle.name)
  }
}
