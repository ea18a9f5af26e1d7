import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A handle to an iterator over the dataset that a function makes, once, when it is first asked for.
enum OneShotIterator: OpDeclaration {
  static let signature = OpSignature(
    "OneShotIterator", outputs: ["handle: resource"],
    attributes: [
      "dataset_factory: func", "output_types: list(type) >= 1", "output_shapes: list(shape) >= 1",
      "container: string = \"\"", "shared_name: string = \"\"",
    ], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, makesResource: true) }
  static let kernels = KernelTable { node in
    let factory = try node.compiledFunction("dataset_factory")
    let elements = try ElementSpecification(node.attributes)
    let container = try node.attributes.string("container")
    let shared = try node.attributes.string("shared_name")
    let name = shared.isEmpty ? node.privateName : shared
    let device = node.device
    return ClosureKernel { context in
      let container = container.isEmpty ? context.resources.defaultContainer : container
      let resource = try context.resources.findOrMake(
        IteratorResource.self, container: container, name: name
      ) { IteratorResource(name: name, container: container, elements: elements) }
      let services = context.services
      try resource.startOnce(services) { () throws(StatusError) in
        let results = try factory.call([], services)
        guard results.count == 1, results[0].dtype == .variant, results[0].shape.isScalar else {
          throw .invalidArgument(
            "The `dataset_factory` function must return a single scalar of dtype DT_VARIANT.")
        }
        return try results[0].dataset()
      }
      try context.setOutput(0, resource.handle(device: device))
    }
  }
}
