public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let types = "T: {uint8, uint16, int8, int16, int32, int64, half, float, double}"

/// Boxes cut out of images and resized to one size, as Floats.
///
/// A box is `[y1, x1, y2, x2]` in units of the image's extent; what lies outside of the image becomes
/// `extrapolation_value`.
public enum CropAndResize: OpDeclaration {
  public static let signature = OpSignature(
    "CropAndResize",
    inputs: ["image: T", "boxes: float", "box_ind: int32", "crop_size: int32"],
    outputs: ["crops: float"],
    attributes: [
      types, "method: {'bilinear', 'nearest'} = \"bilinear\"", "extrapolation_value: float = 0.0",
    ])
  public static let shapes = ShapeFunction { context in
    let image = try context.requireRank(0, 4)
    let count = try inferBoxes(context, boxes: 1)
    try setSizedImages(context, batch: count, size: 3, channels: image[3])
  }
  public static let gradient = GradientRule.dense { context in
    let (image, boxes, indices) = (
      try context.input(0), try context.input(1), try context.input(2)
    )
    let upstream = try context.upstream(0)
    var forImage: AnyOutput?
    if [DType.half, .float, .double].contains(image.dtype.base) {
      var attributes = context.keeping("method")
      attributes["T"] = .type(image.dtype.base)
      forImage = try context.build(
        "CropAndResizeGradImage", [upstream, boxes, indices, context.shape(image)], attributes)
    }
    let forBoxes = try context.build(
      "CropAndResizeGradBoxes", [upstream, image, boxes, indices])
    return [forImage, forBoxes, nil, nil]
  }
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let isNearest = try construction.attributes.string("method") == "nearest"
    let outside = try construction.attributes.float("extrapolation_value")
    return ClosureKernel { context in
      let (image, size) = (try context.input(0), try context.input(3))
      guard image.shape.rank == 4 else {
        throw StatusError.invalidArgument("input image must be 4-D, got \(image.shape)")
      }
      guard image.shape[1] > 0, image.shape[2] > 0 else {
        throw StatusError.invalidArgument("image dimensions must be positive")
      }
      guard size.shape.rank == 1, size.elementCount == 2 else {
        throw StatusError.invalidArgument("crop_size must have two elements \(size.shape)")
      }
      let sizes = try size.integers()
      guard sizes[0] > 0, sizes[1] > 0 else {
        throw StatusError.invalidArgument("crop dimensions must be positive")
      }
      let boxes = try CropBoxes(context, boxes: 1, batch: image.shape[0])
      let source = try Widening.real(image)
      let pixels = try source.span(of: Float.self)
      let crops = try Shape([boxes.count, sizes[0], sizes[1], image.shape[3]])
      let (height, width, channels) = (image.shape[1], image.shape[2], image.shape[3])
      try context.makeOutput(0, of: Float.self, shape: crops) { result in
        var next = 0
        for box in 0..<boxes.count {
          let rows = boxes.samples(box, .row, image: height, crop: sizes[0])
          let columns = boxes.samples(box, .column, image: width, crop: sizes[1])
          let base = boxes.indices[box] * height
          for row in rows {
            for column in columns {
              guard let row, let column else {
                for channel in next..<(next + channels) { result[channel] = outside }
                next += channels
                continue
              }
              func pixel(_ y: Int, _ x: Int, _ channel: Int) -> Float {
                pixels[((base + y) * width + x) * channels + channel]
              }
              for channel in 0..<channels {
                if isNearest {
                  result[next] = pixel(row.nearest, column.nearest, channel)
                } else {
                  let (a, b) = (
                    pixel(row.lower, column.lower, channel),
                    pixel(row.lower, column.upper, channel)
                  )
                  let (c, d) = (
                    pixel(row.upper, column.lower, channel),
                    pixel(row.upper, column.upper, channel)
                  )
                  let (top, bottom) = (a + (b - a) * column.share, c + (d - c) * column.share)
                  result[next] = top + (bottom - top) * row.share
                }
                next += 1
              }
            }
          }
        }
      }
    }
  }
}

/// The gradient of ``CropAndResize`` for its images.
public enum CropAndResizeGradImage: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "CropAndResizeGradImage",
    inputs: ["grads: float", "boxes: float", "box_ind: int32", "image_size: int32"],
    outputs: ["output: T"],
    attributes: ["T: {float, half, double}", "method: {'bilinear', 'nearest'} = \"bilinear\""])
  public static let shapes = ShapeFunction { context in
    let sizes = try context.shapeValue(3)
    if let rank = sizes.rank, rank != 4 {
      throw StatusError.invalidArgument("Shape must be rank 4 but is rank \(rank)")
    }
    context.setOutput(0, sizes.rank == nil ? .unknown(rank: 4) : sizes)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(
    CropAndResizeGradImage.self, over: [.half, .float, .double])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    typealias Real = Scalar.Accumulator
    let isNearest = try construction.attributes.string("method") == "nearest"
    return ClosureKernel { context in
      let (gradients, size) = (try context.input(0), try context.input(3))
      let crops = gradients.shape
      guard crops.rank == 4 else {
        throw StatusError.invalidArgument("grads image must be 4-D, got \(crops)")
      }
      guard crops[1] > 0, crops[2] > 0 else {
        throw StatusError.invalidArgument("grads dimensions must be positive")
      }
      guard size.shape.rank == 1, size.elementCount == 4 else {
        throw StatusError.invalidArgument(
          "image_size must be 1-D with 4 elements, got \(size.shape)")
      }
      let image = try Shape(size.integers())
      guard image[1] > 0, image[2] > 0 else {
        throw StatusError.invalidArgument("image dimensions must be positive")
      }
      guard image[3] == crops[3] else {
        throw StatusError.invalidArgument("image_size and grads are incompatible")
      }
      let boxes = try CropBoxes(context, boxes: 1, batch: image[0])
      guard boxes.count == crops[0] else {
        throw StatusError.invalidArgument("boxes and grads have incompatible shape")
      }
      let dy = try gradients.span(of: Float.self)
      let (height, width, channels) = (image[1], image[2], image[3])
      var sums = [Real](repeating: 0, count: image.elementCount)
      var next = 0
      for box in 0..<boxes.count {
        let rows = boxes.samples(box, .row, image: height, crop: crops[1])
        let columns = boxes.samples(box, .column, image: width, crop: crops[2])
        let base = boxes.indices[box] * height
        for row in rows {
          for column in columns {
            defer { next += channels }
            guard let row, let column else { continue }
            func add(_ y: Int, _ x: Int, _ vertical: Float, _ horizontal: Float) {
              let start = ((base + y) * width + x) * channels
              for channel in 0..<channels {
                sums[start + channel] += Real(horizontal * (vertical * dy[next + channel]))
              }
            }
            if isNearest {
              add(row.nearest, column.nearest, 1, 1)
            } else {
              add(row.lower, column.lower, 1 - row.share, 1 - column.share)
              add(row.lower, column.upper, 1 - row.share, column.share)
              add(row.upper, column.lower, row.share, 1 - column.share)
              add(row.upper, column.upper, row.share, column.share)
            }
          }
        }
      }
      try context.makeOutput(0, of: Scalar.self, shape: image) { output in
        for index in output.indices { output[index] = Scalar(sums[index]) }
      }
    }
  }
}

/// The gradient of ``CropAndResize`` for its boxes.
public enum CropAndResizeGradBoxes: OpDeclaration {
  public static let signature = OpSignature(
    "CropAndResizeGradBoxes",
    inputs: ["grads: float", "image: T", "boxes: float", "box_ind: int32"],
    outputs: ["output: float"], attributes: [types, "method: {'bilinear'} = \"bilinear\""])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, context.input(2))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": Set.real]) { _ in
    ClosureKernel { context in
      let (gradients, image) = (try context.input(0), try context.input(1))
      let (crops, shape) = (gradients.shape, image.shape)
      guard crops.rank == 4, crops[1] > 0, crops[2] > 0 else {
        throw StatusError.invalidArgument("grads must be 4-D of positive size, got \(crops)")
      }
      guard shape.rank == 4, shape[1] > 0, shape[2] > 0 else {
        throw StatusError.invalidArgument("image must be 4-D of positive size, got \(shape)")
      }
      guard shape[3] == crops[3] else {
        throw StatusError.invalidArgument("image, grads depth differ")
      }
      let boxes = try CropBoxes(context, boxes: 2, batch: shape[0])
      guard boxes.count == crops[0] else {
        throw StatusError.invalidArgument("boxes and grads have incompatible shape")
      }
      let dy = try gradients.span(of: Float.self)
      let source = try Widening.real(image)
      let pixels = try source.span(of: Float.self)
      let (height, width, channels) = (shape[1], shape[2], shape[3])
      var sums = [Float](repeating: 0, count: boxes.count * 4)
      var next = 0
      for box in 0..<boxes.count {
        let rows = boxes.samples(box, .row, image: height, crop: crops[1])
        let columns = boxes.samples(box, .column, image: width, crop: crops[2])
        let base = boxes.indices[box] * height
        for (i, row) in rows.enumerated() {
          // How the row moves with both edges of the box.
          let (rowFirst, rowLast) = CropBoxes.slopes(i, image: height, crop: crops[1])
          for (j, column) in columns.enumerated() {
            defer { next += channels }
            guard let row, let column else { continue }
            let (columnFirst, columnLast) = CropBoxes.slopes(j, image: width, crop: crops[2])
            func pixel(_ y: Int, _ x: Int, _ channel: Int) -> Float {
              pixels[((base + y) * width + x) * channels + channel]
            }
            for channel in 0..<channels {
              let (a, b) = (
                pixel(row.lower, column.lower, channel), pixel(row.lower, column.upper, channel)
              )
              let (c, d) = (
                pixel(row.upper, column.lower, channel), pixel(row.upper, column.upper, channel)
              )
              let upstream = dy[next + channel]
              let down = ((1 - column.share) * (c - a) + column.share * (d - b)) * upstream
              let right = ((1 - row.share) * (b - a) + row.share * (d - c)) * upstream
              sums[box * 4] += down * rowFirst
              sums[box * 4 + 2] += down * rowLast
              sums[box * 4 + 1] += right * columnFirst
              sums[box * 4 + 3] += right * columnLast
            }
          }
        }
      }
      try context.makeOutput(0, of: Float.self, shape: Shape([boxes.count, 4])) { output in
        for index in output.indices { output[index] = sums[index] }
      }
    }
  }
}
