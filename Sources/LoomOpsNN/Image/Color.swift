/// Conversions of one pixel.
enum Color {
  /// Hue, saturation and value in 0 ... 1.
  static func hsv<Real: BinaryFloatingPoint>(r: Real, g: Real, b: Real) -> (Real, Real, Real) {
    let value = Swift.max(r, g, b)
    let range = value - Swift.min(r, g, b)
    let saturation = value > 0 ? range / value : 0
    guard range > 0 else { return (0, saturation, value) }
    let norm = 1 / (6 * range)
    var hue: Real
    if r == value {
      hue = norm * (g - b)
    } else if g == value {
      hue = norm * (b - r) + 2 / 6
    } else {
      hue = norm * (r - g) + 4 / 6
    }
    if hue < 0 { hue += 1 }
    return (hue, saturation, value)
  }

  /// The inverse of ``hsv(r:g:b:)``; black for a hue that is no number.
  static func rgb(hue: Float, saturation: Float, value: Float) -> (Float, Float, Float) {
    let chroma = saturation * value
    let rest = value - chroma
    let sixth = hue * 6
    var phase = sixth.truncatingRemainder(dividingBy: 2)
    if phase < 0 { phase += 2 }
    let middle = chroma * (1 - (phase - 1).magnitude)
    let (r, g, b): (Float, Float, Float) =
      switch Int(exactly: sixth.rounded(.towardZero)) {
      case 0: (chroma, middle, 0)
      case 1: (middle, chroma, 0)
      case 2: (0, chroma, middle)
      case 3: (0, middle, chroma)
      case 4: (middle, 0, chroma)
      case 5: (chroma, 0, middle)
      default: (0, 0, 0)
      }
    return (r + rest, g + rest, b + rest)
  }

  /// The hue in 0 ..< 6 and the smallest and largest channel.
  static func hueAndRange(
    r: Float, g: Float, b: Float
  ) -> (hue: Float, low: Float, high: Float) {
    let (high, middle, low, sector): (Float, Float, Float, Int)
    if r < g {
      if b < r {
        (high, middle, low, sector) = (g, r, b, 1)
      } else if b > g {
        (high, middle, low, sector) = (b, g, r, 3)
      } else {
        (high, middle, low, sector) = (g, b, r, 2)
      }
    } else if b < g {
      (high, middle, low, sector) = (r, g, b, 0)
    } else if b > r {
      (high, middle, low, sector) = (b, r, g, 4)
    } else {
      (high, middle, low, sector) = (r, b, g, 5)
    }
    if high == low { return (0, low, high) }
    let ratio = (middle - low) / (high - low)
    return (Float(sector) + (sector % 2 == 0 ? ratio : 1 - ratio), low, high)
  }

  /// The inverse of ``hueAndRange(r:g:b:)``.
  static func rgb(hue: Float, low: Float, high: Float) -> (Float, Float, Float) {
    let sector = Int(exactly: hue.rounded(.towardZero)) ?? 5
    var ratio = hue - Float(sector)
    if sector % 2 != 0 { ratio = 1 - ratio }
    let middle = low + ratio * (high - low)
    return switch sector {
    case 0: (high, middle, low)
    case 1: (middle, high, low)
    case 2: (low, high, middle)
    case 3: (low, middle, high)
    case 4: (middle, low, high)
    default: (high, low, middle)
    }
  }
}
