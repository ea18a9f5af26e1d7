import LoomCore

/// What convolutions and pools see outside of an image.
public enum Padding: Sendable, Hashable {
  /// Only windows that lie inside: no padding.
  case valid
  /// As much padding as makes the output `ceil(input / stride)` long; the odd element goes behind.
  case same
  /// So many zeros around the image. Convolutions and ``maxPool`` only.
  case explicit(top: Int, bottom: Int, left: Int, right: Int)

  /// The attributes `padding` and `explicit_paddings`.
  func attributes(_ layout: TensorLayout) -> [String: AttributeValue] {
    switch self {
    case .valid: return ["padding": "VALID"]
    case .same: return ["padding": "SAME"]
    case .explicit(let top, let bottom, let left, let right):
      let space = [top, bottom, left, right]
      let amounts = layout == .channelsLast ? [0, 0] + space + [0, 0] : [0, 0, 0, 0] + space
      return ["padding": "EXPLICIT", "explicit_paddings": .ints(amounts)]
    }
  }
}

extension TensorLayout {
  /// Sizes of the spatial dimensions between ones for batch and channels.
  func spread(_ space: [Int]) -> [Int] {
    self == .channelsLast ? [1] + space + [1] : [1, 1] + space
  }

  /// The word for two or three spatial dimensions.
  func format(space: Int) -> AttributeValue {
    switch self {
    case .channelsLast: space == 3 ? "NDHWC" : "NHWC"
    case .channelsFirst: space == 3 ? "NCDHW" : "NCHW"
    case .channelsFirstInFours: "NCHW_VECT_C"
    }
  }
}
