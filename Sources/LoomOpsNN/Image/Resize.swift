public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let types = "T: {int8, uint8, int16, uint16, int32, int64, half, float, double, bfloat16}"
private let flags = ["align_corners: bool = false", "half_pixel_centers: bool = false"]

extension KernelTable {
  /// Images mixed to Float, each axis by one function of the sizes.
  fileprivate static func resampling(
    _ axis: @escaping @Sendable (PixelScaling) -> (_ input: Int, _ output: Int) -> ResamplingAxis
  ) -> KernelTable {
    KernelTable(where: ["T": Set.real]) { construction in
      let scaling = try PixelScaling(construction.attributes)
      return ClosureKernel { context in
        let images = try context.input(0)
        let sizes = try ResizeSizes(images: images, size: context.input(1))
        let output = try context.allocate(0, dtype: .float, shape: sizes.output)
        if output.elementCount == 0 { return }
        try Resampling.mix(
          Widening.real(images), into: output, rows: axis(scaling)(sizes.input[1], sizes.height),
          columns: axis(scaling)(sizes.input[2], sizes.width), workers: context.workers)
      }
    }
  }

  /// The gradient of such a mix for images of the dtype and size of input 1.
  fileprivate static func resamplingGradient(
    over types: Set<DType>,
    _ axis: @escaping @Sendable (PixelScaling) -> (_ input: Int, _ output: Int) -> ResamplingAxis
  ) -> KernelTable {
    KernelTable(where: ["T": types]) { construction in
      let scaling = try PixelScaling(construction.attributes)
      return ClosureKernel { context in
        let (gradients, images) = (try context.input(0), try context.input(1))
        guard gradients.shape.rank == 4 else {
          throw StatusError.invalidArgument("input_grad must be 4-dimensional \(gradients.shape)")
        }
        guard images.shape.rank == 4 else {
          throw StatusError.invalidArgument(
            "original_image must be 4-dimensional \(images.shape)")
        }
        let (from, to) = (gradients.shape, images.shape)
        guard from[0] == to[0], from[3] == to[3], (1...2).allSatisfy({ from[$0] > 0 && to[$0] > 0 })
        else {
          throw StatusError.invalidArgument(
            "Gradients of shape \(from) do not fit images of shape \(to)")
        }
        let output = try context.allocate(0, dtype: images.dtype, shape: to)
        if output.elementCount == 0 { return }
        let isHalf = images.dtype == .half || images.dtype == .bfloat16
        let result =
          isHalf
          ? try AnyTensor.uninitialized(dtype: .float, shape: to, budget: context.budget) : output
        try Resampling.spread(
          gradients, into: result, rows: axis(scaling)(to[1], from[1]),
          columns: axis(scaling)(to[2], from[2]), workers: context.workers)
        if isHalf { try Widening.narrow(result, into: output) }
      }
    }
  }
}

/// Images resized by mixing the two neighbours in each direction; the result is Float.
public enum ResizeBilinear: OpDeclaration {
  public static let signature = OpSignature(
    "ResizeBilinear", inputs: ["images: T", "size: int32"], outputs: ["resized_images: float"],
    attributes: [
      "T: {int8, uint8, int16, uint16, int32, int64, bfloat16, half, float, double, bfloat16}"
    ] + flags)
  public static let shapes = ShapeFunction.resized
  public static let gradient = GradientRule.dense { context in
    [
      try context.build(
        "ResizeBilinearGrad", [context.upstream(0), context.input(0)],
        context.keeping("align_corners", "half_pixel_centers")),
      nil,
    ]
  }
  public static let kernels = KernelTable.resampling(PixelScaling.bilinear)
}

/// The gradient of ``ResizeBilinear``.
public enum ResizeBilinearGrad: OpDeclaration {
  public static let signature = OpSignature(
    "ResizeBilinearGrad", inputs: ["grads: float", "original_image: T"], outputs: ["output: T"],
    attributes: ["T: {float, bfloat16, half, double}"] + flags)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, context.input(1))
  }
  public static let gradient = GradientRule.notDifferentiable(
    because: "TensorFlow leaves the second derivative of a resize out")
  public static let kernels = KernelTable.resamplingGradient(
    over: .floating, PixelScaling.bilinear)
}

/// Images resized by mixing four neighbours in each direction; the result is Float.
public enum ResizeBicubic: OpDeclaration {
  public static let signature = OpSignature(
    "ResizeBicubic", inputs: ["images: T", "size: int32"], outputs: ["resized_images: float"],
    attributes: [types] + flags)
  public static let shapes = ShapeFunction.resized
  public static let gradient = GradientRule.dense { context in
    let images = try context.input(0)
    guard images.dtype.base == .float || images.dtype.base == .double else { return [nil, nil] }
    return [
      try context.build(
        "ResizeBicubicGrad", [context.upstream(0), images],
        context.keeping("align_corners", "half_pixel_centers")),
      nil,
    ]
  }
  public static let kernels = KernelTable.resampling(PixelScaling.bicubic)
}

/// The gradient of ``ResizeBicubic``.
public enum ResizeBicubicGrad: OpDeclaration {
  public static let signature = OpSignature(
    "ResizeBicubicGrad", inputs: ["grads: float", "original_image: T"], outputs: ["output: T"],
    attributes: ["T: {float, double}"] + flags)
  public static let shapes = ResizeBilinearGrad.shapes
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.resamplingGradient(
    over: [.float, .double], PixelScaling.bicubic)
}

/// Images resized by the mean of what each new pixel covers; the result is Float.
public enum ResizeArea: OpDeclaration {
  public static let signature = OpSignature(
    "ResizeArea", inputs: ["images: T", "size: int32"], outputs: ["resized_images: float"],
    attributes: [types, "align_corners: bool = false"])
  public static let shapes = ShapeFunction.resized
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.resampling(PixelScaling.area)
}

/// Images resized by taking the nearest pixel.
public enum ResizeNearestNeighbor: OpDeclaration {
  public static let signature = OpSignature(
    "ResizeNearestNeighbor", inputs: ["images: T", "size: int32"],
    outputs: ["resized_images: T"], attributes: [types] + flags)
  public static let shapes = ShapeFunction.resized
  public static let gradient = GradientRule.dense { context in
    let images = try context.input(0)
    let size: AnyOutput
    if let height = images.shape[1], let width = images.shape[2] {
      size = try context.constant([height, width])
    } else {
      size = try context.slice(
        context.shape(images), begin: context.constant([1]), size: context.constant([2]))
    }
    return [
      try context.build(
        "ResizeNearestNeighborGrad", [context.upstream(0), size],
        context.keeping("align_corners", "half_pixel_centers")),
      nil,
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let scaling = try PixelScaling(construction.attributes)
    return ClosureKernel { context in
      let images = try context.input(0)
      let sizes = try ResizeSizes(images: images, size: context.input(1))
      let output = try context.allocate(0, dtype: images.dtype, shape: sizes.output)
      if output.elementCount == 0 { return }
      try Resampling.pick(
        images, into: output, rows: scaling.nearest(input: sizes.input[1], output: sizes.height),
        columns: scaling.nearest(input: sizes.input[2], output: sizes.width),
        workers: context.workers)
    }
  }
}

/// The gradient of ``ResizeNearestNeighbor``.
public enum ResizeNearestNeighborGrad: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "ResizeNearestNeighborGrad", inputs: ["grads: T", "size: int32"], outputs: ["output: T"],
    attributes: ["T: {uint8, int8, int32, half, float, double, bfloat16}"] + flags)
  public static let shapes = ShapeFunction.resized
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.real(ResizeNearestNeighborGrad.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let scaling = try PixelScaling(construction.attributes)
    return ClosureKernel { context in
      let gradients = try context.input(0)
      let sizes = try ResizeSizes(
        images: gradients, size: context.input(1), allowsEmpty: true)
      let from = gradients.shape
      let rows = scaling.nearest(input: sizes.height, output: from[1])
      let columns = scaling.nearest(input: sizes.width, output: from[2])
      let (batch, channels, width) = (from[0], from[3], sizes.width)
      let dy = try gradients.span(of: Scalar.self)
      try context.makeOutput(0, of: Scalar.self, shape: sizes.output) { dx in
        for index in dx.indices { dx[index] = .zero }
        var next = 0
        for image in 0..<batch {
          for row in rows {
            for column in columns {
              let start = ((image &* sizes.height &+ row) &* width &+ column) &* channels
              for channel in 0..<channels {
                dx[start &+ channel] = Scalar.wrappingAdd(dx[start &+ channel], dy[next])
                next &+= 1
              }
            }
          }
        }
      }
    }
  }
}
