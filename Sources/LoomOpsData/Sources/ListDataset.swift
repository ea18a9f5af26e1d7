import LoomCore
import LoomGraph
import LoomKernels

/// Elements one after the other in a list of tensors.
enum ListDataset: DatasetOp {
  static let signature = OpSignature(
    "ListDataset", inputs: ["tensors: Tinput_types"], outputs: ["handle: variant"],
    attributes: ["Tinput_types: list(type) >= 1"] + DatasetAttributes.described, isStateful: true)

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    let elements = try ElementSpecification(node.attributes)
    return DatasetMaker { context in
      let tensors = try context.inputs()
      guard elements.count > 0, tensors.count % elements.count == 0 else {
        throw StatusError.invalidArgument(
          "Expected elements of \(elements.count) tensors, got \(tensors.count) tensors")
      }
      var list: [[AnyTensor]] = []
      for start in stride(from: 0, to: tensors.count, by: elements.count) {
        let element = Array(tensors[start..<start + elements.count])
        try elements.checkAccepts(element)
        list.append(element)
      }
      return ElementList(elements: elements, list: list)
    }
  }
}
