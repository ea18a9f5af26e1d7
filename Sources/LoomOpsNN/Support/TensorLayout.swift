import LoomCore

/// How the dimensions of a batch of images (or volumes) are ordered.
public enum TensorLayout: Sendable {
  /// `[batch, …space, channels]`: NHWC, NDHWC.
  case channelsLast
  /// `[batch, channels, …space]`: NCHW, NCDHW.
  case channelsFirst
  /// `[batch, channels / 4, height, width, 4]`: TensorFlow's NCHW_VECT_C.
  case channelsFirstInFours

  /// The layout of an op's `data_format`; channels last if the op has none.
  init(_ attributes: Attributes) throws(StatusError) {
    guard attributes["data_format"] != nil else {
      self = .channelsLast
      return
    }
    switch try attributes.string("data_format") {
    case "NHWC", "NDHWC": self = .channelsLast
    case "NCHW", "NCDHW": self = .channelsFirst
    case "NCHW_VECT_C": self = .channelsFirstInFours
    case let other: throw .invalidArgument("Invalid data format string: \(other)")
    }
  }

  /// Which dimension holds the channels of a tensor of the given rank.
  func channel(rank: Int) -> Int { self == .channelsLast ? rank - 1 : 1 }

  /// Which dimension holds spatial dimension `index`.
  func spatial(_ index: Int) -> Int { self == .channelsLast ? index + 1 : index + 2 }
}
