import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// An op that makes an accumulator of gradients, or finds it by name.
protocol AccumulatorMaker: HandleOp {
  static var isSparse: Bool { get }
}

extension AccumulatorMaker {
  static var kernels: KernelTable {
    KernelTable(where: ["dtype": [.double, .float, .half]]) { construction in
      let source = try SharedResource<GradientAccumulator>(construction)
      let dtype = try construction.attributes.type("dtype")
      let shape = try construction.attributes.shape("shape")
      let isMean = try construction.attributes.string("reduction_type") == "MEAN"
      return HandleKernel(construction, typeName: "N10tensorflow26ConditionalAccumulatorBaseE") {
        resources in
        let found = try source.resource(in: resources) { (name) throws(StatusError) in
          GradientAccumulator(
            name: name, dtype: dtype, shape: shape, isMean: isMean, isSparse: isSparse)
        }
        return (found.resource, found.container, found.name)
      }
    }
  }
}

/// The attributes of accumulators, as signatures list them.
enum AccumulatorAttributes {
  static let dtype =
    "dtype: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
    + "bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}"
  static let maker = [
    dtype, "shape: shape", "container: string = \"\"", "shared_name: string = \"\"",
    "reduction_type: {'MEAN', 'SUM'} = \"MEAN\"",
  ]
}

/// An accumulator of dense gradients.
enum ConditionalAccumulator: AccumulatorMaker {
  static let signature = OpSignature(
    "ConditionalAccumulator", outputs: ["handle: Ref(string)"],
    attributes: AccumulatorAttributes.maker, isStateful: true)
  static let isSparse = false
}

/// An accumulator of gradients of some rows.
enum SparseConditionalAccumulator: AccumulatorMaker {
  static let signature = OpSignature(
    "SparseConditionalAccumulator", outputs: ["handle: Ref(string)"],
    attributes: AccumulatorAttributes.maker, isStateful: true)
  static let isSparse = true
}

/// ``ConditionalAccumulator`` with a resource handle.
enum ResourceConditionalAccumulator: AccumulatorMaker {
  static let signature = OpSignature(
    "ResourceConditionalAccumulator", outputs: ["handle: resource"],
    attributes: AccumulatorAttributes.maker, isStateful: true)
  static let isSparse = false
}
